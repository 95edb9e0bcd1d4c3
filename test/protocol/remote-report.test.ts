/** What a recipient gets out of the report of a remote program, against a second reading of qmail-rspawn's rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recipientOutcome, recipientOutcomes } from '../../src/protocol/remote-report.js';
import { rspawnOutcome } from './remote-replay.js';

const record = fc
  .tuple(fc.constantFrom('r', 'h', 's', 'K', 'Z', 'D', 'x', ''), fc.constantFrom('', 'a\n', 'K', 'no'))
  .map(([letter, text]) => `${letter}${text}\0`);

test('any report', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
      const output = records.join('');
      assert.deepEqual(recipientOutcome({ code: 0, output }), rspawnOutcome(output));
    }),
  );
});

test('several recipients: each as if it had been alone', () => {
  const output = 'hno\n\0r\0swait\n\0Kok\n\0';
  assert.deepEqual(recipientOutcomes({ code: 0, output }, 4), [
    { status: 'D', text: 'no\n' },
    { status: 'K', text: 'ok\n' },
    { status: 'Z', text: 'wait\n' },
    { status: 'K', text: 'ok\n' },
  ]);
  assert.deepEqual(recipientOutcomes({ code: 0, output: 'Zdied\n\0' }, 2), [
    { status: 'Z', text: 'died\n' },
    { status: 'Z', text: 'died\n' },
  ]);
  assert.deepEqual(recipientOutcomes({ code: undefined, output }, 2)[1], { status: 'Z', text: 'qmail-remote crashed.\n' });
});
