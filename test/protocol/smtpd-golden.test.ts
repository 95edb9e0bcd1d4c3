/** The recorded sessions of qmail-smtpd against the server session: every byte of every reply and of what is queued. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, recordedCases } from '../golden/recorded.js';
import { caseRules, replaySmtpd, type SmtpdCase, type SmtpdResult } from './smtpd-replay.js';

// Without a greeting no session starts: that reply is the command's.
const cases = recordedCases<SmtpdCase>('smtpd').filter((one) => one.controls.me !== undefined || one.controls.smtpgreeting);
const different = differences();

function expectedOf(one: SmtpdCase): SmtpdResult {
  const { exit, output, queued } = one.expected;
  return { exit, output, queued };
}

function same(one: SmtpdCase, result: SmtpdResult | undefined): boolean {
  try {
    assert.deepEqual(result, expectedOf(one));
    return true;
  } catch {
    return false;
  }
}

test('the recording is there', () => assert.ok(cases.length > 300));

for (const one of cases) {
  const reason = different.get(one.id);
  if (reason === undefined) {
    test(`${one.id} ${one.area}: ${one.description}`, () => assert.deepEqual(replaySmtpd(one), expectedOf(one)));
  } else {
    test(`${one.id} ${one.area}: ${one.description} differs: ${reason}`, () => assert.ok(!same(one, replaySmtpd(one))));
  }
}

test('with the keyword SIZE taken out, replies to EHLO are as recorded', () => {
  const greeted = cases.filter((one) => one.input.includes('EHLO'));
  assert.ok(greeted.length > 5);
  for (const one of greeted) {
    const result = replaySmtpd(one);
    assert.ok(result);
    const output = result.output.replaceAll('250-8BITMIME\r\n250 SIZE 0\r\n', '250 8BITMIME\r\n');
    assert.deepEqual({ ...result, output }, expectedOf(one), one.id);
  }
});

test('with an open relay, addresses are taken as recorded', () => {
  const open = cases.filter((one) => one.area === 'rcpt-address');
  assert.ok(open.length > 40);
  for (const one of open) {
    assert.deepEqual(replaySmtpd(one, { ...caseRules(one), rcptAllowed: () => true }), expectedOf(one), one.id);
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
