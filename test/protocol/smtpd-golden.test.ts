/**
 * The recorded sessions of qmail-smtpd against the server session alone: what does not depend on how the bytes come, and
 * what different rules would have let pass. The sessions as recorded run through the command (test/golden).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedCases } from '../golden/recorded.js';
import { caseRules, replaySmtpd, type SmtpdCase } from './smtpd-replay.js';

// Without a greeting no session starts: that reply is the command's.
const cases = recordedCases<SmtpdCase>('smtpd').filter((one) => one.controls.me !== undefined || one.controls.smtpgreeting);

test('the recording is there', () => assert.ok(cases.length > 300));

test('with an open relay, addresses are taken as recorded', () => {
  const open = cases.filter((one) => one.area === 'rcpt-address');
  assert.ok(open.length > 40);
  for (const one of open) {
    const { exit, output, queued } = one.expected;
    assert.deepEqual(replaySmtpd(one, { ...caseRules(one), rcptAllowed: () => true }), { exit, output, queued }, one.id);
  }
});

test('a session cut into single octets, and into threes, gives the same', () => {
  for (const one of cases) {
    if (one.input.length > 5000) continue;
    const whole = replaySmtpd(one);
    for (const chunk of [1, 3])
      assert.deepEqual(replaySmtpd(one, caseRules(one), chunk), whole, `${one.id} in pieces of ${chunk}`);
  }
});
