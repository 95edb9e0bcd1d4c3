/**
 * Made messages of a load run: what is written in place is what would have been written as text.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Draft } from '../../src/actors/source/draft.js';
import { LoadMessages } from '../../src/actors/source/message.js';
import { parseLedgerMark } from '../../src/protocol/ledger-mark-reader.js';

const settings = {
  run: '0123abcd',
  messages: 100_000_000,
  sender: 's@source.test',
  pattern: 'rcpt-#@dest.test',
  domains: [],
  recipients: 3,
  replay: [],
};

test('the mark of a made message is read back, and its checksum is that of the body, whatever number and size', () => {
  // One draft for all: nothing of the message before may stay.
  const draft = new Draft();
  const sizes = [0, 21, 40, 4_096, 16_384, 20_000].map((value) => ({ value, weight: 1 }));
  const made = new LoadMessages({ ...settings, sizes });
  const number = fc.integer({ min: 0, max: 99_999_999 });
  const moment = fc.integer({ min: 0, max: 999_999_999_999_999 });
  fc.assert(
    fc.property(number, moment, (sequence, sentUs) => {
      const { body, size } = made.message(sequence, sentUs, draft);
      const wire = Buffer.concat(body);
      const text = wire.toString('latin1');
      const end = text.indexOf('\r\n\r\n') + 4;
      const mark = parseLedgerMark(text.slice(text.indexOf(': ') + 2, text.indexOf('\r\n')));
      const checksum = crc32(wire.subarray(end));
      const { run, messages, recipients, pattern } = { ...settings, recipients: 3 };
      assert.deepEqual(mark, { run, sequence, messages, recipients, checksum, pattern, sentUs });
      assert.equal(size, wire.length);
      const padded = `${sequence}`.padStart(9, '0');
      assert.ok(text.includes(`\r\nSubject: load ${padded}\r\nMessage-ID: <0123abcd.${padded}@load.test>\r\n`));
      assert.ok(text.startsWith(`0123abcd ${padded}\r\n`, end));
    }),
  );
});

test('one draft serves several domains', () => {
  const draft = new Draft();
  const domains = [
    { value: 'a.test', weight: 1 },
    { value: 'long.name.b.test', weight: 1 },
  ];
  const made = new LoadMessages({ ...settings, sizes: [{ value: 100, weight: 1 }], domains });
  const seen = new Set<string>();
  for (let sequence = 0; sequence < 40; sequence++) {
    const { body, recipients } = made.message(sequence, 7, draft);
    const domain = recipients[0]?.split('@')[1] ?? '';
    seen.add(domain);
    assert.ok(Buffer.concat(body).includes(`To: <rcpt-0@${domain}>\r\n`));
  }
  assert.deepEqual([...seen].sort(), ['a.test', 'long.name.b.test']);
});
