/** The protocol between qmail-send and its spawners: jobs however the octets arrive, words for impossible jobs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jobFault, type SpawnJob, SpawnJobReader, spawnReport } from '../../src/protocol/spawn-jobs.js';

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const job = (message: string, changes: Partial<SpawnJob> = {}): SpawnJob => {
  return { slot: 0, message, sender: 's@t', recipient: 'joe@host', tooLong: false, ...changes };
};

test('jobs are the same wherever the octets are cut', () => {
  const text = fc.stringMatching(/^[\x01-\xff]{0,12}$/);
  const jobs = fc.array(fc.tuple(fc.nat(255), text, text, text), { maxLength: 6 });
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 9 }), (wanted, size) => {
      const input = octets(wanted.map(([slot, ...texts]) => `${String.fromCharCode(slot)}${texts.join('\0')}\0`).join(''));
      const reader = new SpawnJobReader();
      const found: SpawnJob[] = [];
      for (let at = 0; at < input.length; at += size) found.push(...reader.push(input.subarray(at, at + size)));
      const expected = wanted.map(([slot, message, sender, recipient]) => ({ slot, message, sender, recipient, tooLong: false }));
      assert.deepEqual(found, expected);
    }),
  );
});

test('a text without end is not kept, its job is refused, the next one is read', () => {
  const reader = new SpawnJobReader();
  assert.deepEqual(reader.push(octets(`\x01${'1'.repeat(70_000)}`)), []);
  const [long, next] = reader.push(octets(`\0s\0r@h\0\x021/1\0s\0r@h\0`));
  assert.equal(long?.tooLong, true);
  assert.equal(jobFault(long as SpawnJob, false), 'Zqmail-spawn out of memory. (#4.3.0)\n');
  assert.equal(next?.tooLong, false);
  assert.equal(jobFault(next as SpawnJob, false), undefined);
});

test('what speaks against a job, in its order', () => {
  const fault = (message: string, changes: Partial<SpawnJob> = {}, inUse = false) => jobFault(job(message, changes), inUse);
  assert.equal(fault('6/2277949'), undefined);
  assert.match(fault('1/1', { slot: 120 }) ?? '', /^ZInternal error: delnum too big\. \(#4\.3\.5\)\n$/);
  assert.match(fault('x', {}, true) ?? '', /delnum in use/);
  for (const odd of ['/1/1', '1/x', '1/../2', 'a']) assert.match(fault(odd) ?? '', /^DInternal error: messid has nonnumerics/);
  assert.match(fault('1'.repeat(100)) ?? '', /messid too long/);
  assert.equal(fault('1'.repeat(99)), undefined);
  assert.match(fault('') ?? '', /messid too short/);
  assert.equal(fault('1/1', { recipient: 'joe' }), 'DSorry, address must include host name. (#5.1.3)\n');
});

test('a report ends at its first NUL', () => {
  assert.equal(spawnReport(119, 'Kok\n\0more'), 'wKok\n\0');
});
