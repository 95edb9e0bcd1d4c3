/** Jobs of a spawner, cut anywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SpawnJobs } from '../../src/protocol/spawn-jobs.js';

const text = fc.string({ unit: fc.constantFrom('a', '@', '/', '1', '\n', '\xff'), maxLength: 12 });
const job = fc.record({ number: fc.integer({ min: 0, max: 255 }), message: text, sender: text, recipient: text });

test('whole jobs come out however the octets are cut', () => {
  fc.assert(
    fc.property(fc.array(job, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (jobs, size) => {
      const octets = Buffer.from(
        jobs
          .map(({ number, message, sender, recipient }) => `${String.fromCharCode(number)}${message}\0${sender}\0${recipient}\0`)
          .join(''),
        'latin1',
      );
      const reader = new SpawnJobs();
      const found = [];
      for (let at = 0; at < octets.length; at += size) found.push(...(reader.receive(octets.subarray(at, at + size)) ?? []));
      assert.deepEqual(found, jobs);
    }),
  );
});

test('a job without end is none', () => {
  const reader = new SpawnJobs();
  assert.deepEqual(reader.receive(Buffer.alloc(60_000, 'x')), []);
  assert.equal(reader.receive(Buffer.alloc(60_000, 'x')), undefined);
});
