/**
 * The power of the disk is cut under load, on a real journal: what was answered with 250 is there afterwards. And the
 * proof that this notices a server whose flushes do nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inject, noStrace } from '../store/strace.js';
import { LoopDisk, noLoopDisk } from '../support/loop-disk.js';
import { backwards } from '../support/server-home.js';
import { mostTwice, runRounds } from './kill/rounds.js';

for (const type of ['ext4', 'xfs'] as const) {
  test(`three power cuts on ${type} lose nothing, and double no local delivery`, async (t) => {
    const why = noLoopDisk(type);
    if (why !== undefined) return t.diagnostic(why);
    const ending = backwards(t);
    const disk = LoopDisk.make(ending, type);
    const { table: _, ...result } = await runRounds(ending, { rounds: 3, strikes: ['power'], loadMs: [200, 800], disk });
    t.diagnostic(JSON.stringify(result));
    assert.ok(result.accepted >= 10, `only ${result.accepted} messages were accepted`);
    assert.deepEqual([result.lost, result.altered, result.twiceLocal], [0, 0, 0]);
    assert.ok(result.mostTwiceAfterKill <= mostTwice);
  });
}

test('a server whose flushes do nothing is caught by a power cut', async (t) => {
  const why = noLoopDisk('ext4') ?? noStrace();
  if (why !== undefined) return t.diagnostic(why);
  const ending = backwards(t);
  const disk = LoopDisk.make(ending, 'ext4');
  // The first server only; after the cut nothing is left of what it promised.
  let lying = true;
  const outcome = await runRounds(ending, {
    rounds: 1,
    strikes: ['power'],
    loadMs: [1_000, 1_000],
    disk,
    greeted: async (server) => {
      if (!lying) return;
      lying = false;
      await inject(t, server.pid('node') ?? 0, 'fdatasync,fsync,msync', 'retval=0');
    },
  }).then(
    ({ lost }) => lost,
    (error: unknown) => String(error),
  );
  t.diagnostic(`lost: ${outcome}`);
  assert.notEqual(outcome, 0);
});
