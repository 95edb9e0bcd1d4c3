/**
 * The server ends at every named step of a message's life, once each: nothing is lost, and a second copy only where
 * somebody else had the message before the queue knew. And the proof that the ledger notices a server that forgets.
 */
import assert from 'node:assert/strict';
import { chownSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crashPoints } from '../../src/store/crash-points.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { backwards } from '../support/server-home.js';
import { Ledger } from './crash/ledger.js';
import { runMatrix } from './crash/matrix.js';
import { numbered } from './kill/numbered.js';

/** Servers at work at the same time, each with its share of the steps: most of the time is waiting. */
const lanes = 3;

test("a server that ends at each step of a message's life loses nothing", async (t) => {
  const begun = performance.now();
  const shares = Array.from({ length: lanes }, (_, lane) => crashPoints.filter((_, at) => at % lanes === lane));
  const verdicts = await Promise.all(shares.map((points) => runMatrix(backwards(t), { points })));
  t.diagnostic(`${crashPoints.length} steps in ${Math.round((performance.now() - begun) / 1000)} s`);
  for (const { lost, altered, unexplained, ...verdict } of verdicts) {
    t.diagnostic(JSON.stringify(verdict));
    assert.deepEqual({ lost, altered, unexplained }, { lost: [], altered: 0, unexplained: [] });
    assert.ok(verdict.accepted > 0);
  }
});

test('a server whose queue does not outlive a crash is caught', async (t) => {
  const { accepted, lost } = await runMatrix(backwards(t), {
    points: ['retry.flushed'],
    afterCrash: async ({ path }) => {
      const dir = join(path, 'queue');
      const { uid, gid } = statSync(dir);
      rmSync(dir, { recursive: true });
      await (await openLmdbQueue({ dir, create: true })).close();
      for (const name of ['', ...readdirSync(dir)]) chownSync(join(dir, name), uid, gid);
    },
  });
  assert.deepEqual({ accepted, lost }, { accepted: 1, lost: ['0 later-0@dest.test'] });
});

test('a second copy without a crash that explains it is caught', () => {
  const ledger = new Ledger();
  const text = numbered(1).toString('latin1');
  ledger.accept(1, ['box@dest.test']);
  ledger.arrive(text, 'box@dest.test');
  ledger.crashed('remote.answered');
  ledger.arrive(text, 'box@dest.test');
  ledger.crashed('intake.heard');
  ledger.arrive(text, 'box@dest.test');
  ledger.arrive(text.replace('abc', 'abd'), 'box@dest.test');
  const { doubles, unexplained, altered } = ledger.verdict();
  assert.equal(doubles.length, 2);
  assert.deepEqual(unexplained, [{ n: 1, where: 'box@dest.test', after: 'intake.heard' }]);
  assert.equal(altered, 1);
});
