/**
 * The ledger header and record: what is written is read back, and what is damaged is not believed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatLedgerMark,
  formatLedgerRecord,
  type LedgerMark,
  ledgerHeaderName,
  ledgerRecipient,
  ledgerRecipientIndex,
  ledgerRecordLength,
  parseLedgerMark,
  parseLedgerRecord,
} from '../../src/protocol/ledger.js';

const run = fc.integer({ min: 0, max: 0xffffffff }).map((value) => value.toString(16).padStart(8, '0'));
const sequence = fc.integer({ min: 0, max: 999_999_999 });
const markFields = {
  run,
  sequence,
  messages: sequence,
  recipients: fc.integer({ min: 1, max: 100_000 }),
  checksum: fc.integer({ min: 0, max: 0xffffffff }),
  pattern: fc.constantFrom('rcpt-#@dest.test', 'u@box.test', '#@x.test'),
};
const mark: fc.Arbitrary<LedgerMark> = fc.record(markFields, { noNullPrototype: true });

test('a mark is read back from its header line', () => {
  fc.assert(
    fc.property(mark, (value) => {
      const line = formatLedgerMark(value);
      assert.ok(line.startsWith(ledgerHeaderName));
      assert.deepEqual(parseLedgerMark(line.slice(ledgerHeaderName.length)), value);
    }),
  );
});

test('a damaged mark is no mark', () => {
  for (const text of ['', 'x', '0123456 1 1 1 00000000 a@b', '01234567 1 1 1 0000000g a@b', '01234567 1 1 1 00000000']) {
    assert.equal(parseLedgerMark(text), undefined);
  }
});

test('every record has the same length and is read back', () => {
  const us = fc.integer({ min: 0, max: 9_999_999_999_999 });
  fc.assert(
    fc.property(
      run,
      sequence,
      fc.integer({ min: 0, max: 99_999 }),
      fc.constantFrom('a', 'r', 'i', 'x'),
      us,
      (id, number, recipient, verdict, at) => {
        const line = formatLedgerRecord(id, number, recipient, verdict, at);
        assert.equal(line.length, ledgerRecordLength);
        assert.deepEqual(parseLedgerRecord(line), { run: id, sequence: number, recipient, verdict, us: at });
      },
    ),
  );
});

test('a recipient is known by its number, and only within the message', () => {
  const value: LedgerMark = { run: '00000001', sequence: 0, messages: 1, recipients: 3, checksum: 0, pattern: 'r-#@d.test' };
  for (const index of [0, 1, 2]) assert.equal(ledgerRecipientIndex(value, ledgerRecipient(value.pattern, index)), index);
  for (const other of ['r-3@d.test', 'r-01@d.test', 'r-@d.test', 'x-1@d.test', 'r-1@e.test'])
    assert.equal(ledgerRecipientIndex(value, other), undefined);
  assert.equal(ledgerRecipientIndex({ ...value, pattern: 'u@d.test' }, 'u@d.test'), 0);
});
