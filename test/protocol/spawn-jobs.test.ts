/** Jobs of a spawner, cut anywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SpawnJobReader } from '../../src/protocol/spawn-jobs.js';

const text = fc.string({ unit: fc.constantFrom('a', '@', '/', '1', '\n', '\xff'), maxLength: 12 });
const job = fc.record({ slot: fc.integer({ min: 0, max: 255 }), message: text, sender: text, recipient: text });

test('whole jobs come out however the octets are cut', () => {
  fc.assert(
    fc.property(fc.array(job, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (jobs, size) => {
      const octets = Buffer.from(
        jobs
          .map(({ slot, message, sender, recipient }) => `${String.fromCharCode(slot)}${message}\0${sender}\0${recipient}\0`)
          .join(''),
        'latin1',
      );
      const reader = new SpawnJobReader();
      const found = [];
      for (let at = 0; at < octets.length; at += size) found.push(...reader.push(octets.subarray(at, at + size)));
      assert.deepEqual(
        found,
        jobs.map((one) => ({ ...one, tooLong: false })),
      );
    }),
  );
});

test('a text that is too long is not kept, and its job says so', () => {
  const reader = new SpawnJobReader();
  const long = Buffer.alloc(40_000, 'x');
  assert.deepEqual([...reader.push(Buffer.from([7])), ...reader.push(long), ...reader.push(long)], []);
  const [job] = reader.push(Buffer.from('\0s\0r@h\0'));
  assert.equal(job?.tooLong, true);
  assert.ok((job?.message.length ?? 0) <= 65_536);
});
