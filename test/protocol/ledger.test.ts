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
  parseLedgerRecord,
} from '../../src/protocol/ledger.js';
import { parseLedgerMark } from '../../src/protocol/ledger-mark-reader.js';

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

test('a recipient is judged as its grammar says, whatever stands there', () => {
  const patterns = ['r-#@d.test', '#', 'a#a', 'u@d.test', '##', 'aa#aa'];
  const grammar = /^(0|[1-9]\d{0,6})$/;
  const recipients = fc.integer({ min: 1, max: 999_999 });
  const digits = fc.stringMatching(/^[0-9x/:-]{0,9}$/);
  fc.assert(
    fc.property(
      fc.constantFrom(...patterns),
      recipients,
      fc.oneof(digits, fc.nat(1_000_000).map(String)),
      (pattern, count, text) => {
        const recipient = pattern.replace('#', text);
        const found = pattern.includes('#') && grammar.test(text) && Number(text) < count ? Number(text) : undefined;
        const value: LedgerMark = { run: '00000001', sequence: 0, messages: 1, recipients: count, checksum: 0, pattern };
        assert.equal(ledgerRecipientIndex(value, recipient), pattern.includes('#') ? found : 0);
      },
    ),
    { numRuns: 2_000 },
  );
  const overlapping: LedgerMark = { run: '00000001', sequence: 0, messages: 1, recipients: 9, checksum: 0, pattern: 'aa#aa' };
  assert.equal(ledgerRecipientIndex(overlapping, 'aaa'), undefined);
});

test('a mark is read as its grammar says, whatever stands there', () => {
  const grammar = /^([0-9a-f]{8}) (\d{1,9}) (\d{1,9}) (\d{1,6}) ([0-9a-f]{8}) (\S{1,300})(?: (\d{1,15}))?$/;
  const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${most + 1}}$`));
  const hexadecimal = fc.stringMatching(/^[0-9a-g]{7,9}$/);
  const whole = fc.tuple(hexadecimal, digits(9), digits(9), digits(6), hexadecimal, fc.string({ maxLength: 8 }), digits(15));
  const short = whole.map((words) => words.slice(0, -1));
  const good = ['00c0ffee', '3', '4', '2', '0000000a', 'r#@x', '123456'];
  const nearly = fc.tuple(fc.nat(6), fc.constantFrom('', ' ', 'x', '0', '-1', '\u00a0', 'a b', '1e3', 'A', '9'.repeat(400)));
  const changed = nearly.map(([at, word]) => good.with(at, word));
  const line = fc
    .tuple(fc.oneof(whole, short, changed), fc.constantFrom('', ' ', '\r\n', ' 1', '\t'))
    .map(([w, end]) => w.join(' ') + end);
  fc.assert(
    fc.property(line, (text) => {
      const found = grammar.exec(text.trimEnd());
      const mark = parseLedgerMark(text);
      assert.equal(mark !== undefined, found !== null, JSON.stringify(text));
      if (mark === undefined || found === null) return;
      const [, run, sequence, messages, recipients, checksum, pattern, sent] = found;
      assert.deepEqual(mark, {
        run,
        sequence: Number(sequence),
        messages: Number(messages),
        recipients: Number(recipients),
        checksum: Number.parseInt(checksum ?? '', 16),
        pattern,
        ...(sent === undefined ? {} : { sentUs: Number(sent) }),
      });
    }),
    { numRuns: 2_000 },
  );
});
