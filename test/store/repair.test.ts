/**
 * What `check --queue --repair` may put right, and that nothing of a message is touched.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from 'lmdb';
import { checkQueue } from '../../src/store/check-queue.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { mayRepair, repairQueue } from '../../src/store/repair-queue.js';
import { addresses, folder, message } from './fixture.js';

test('records of no message go, a schedule follows the messages, all else stays', async (t) => {
  const dir = folder(t);
  const first = await openLmdbQueue({ dir, create: true });
  const ids: number[] = [];
  for (let n = 0; n < 4; n += 1) {
    const id = await first.accept(message({ qp: n, recipients: addresses(2) }));
    await first.preprocess(
      id,
      addresses(2).map((address) => ({ channel: 'remote', address })),
      { remote: 1_000 + n },
    );
    await first.mark({ id, indexes: [0], bounceText: `text ${n}\n` });
    ids.push(id);
  }
  await first.close();
  assert.deepEqual(await repairQueue(dir), { removed: 0, added: 0 }, 'a sound queue stays as it is');

  const [, lost = 0, moved = 0, incomplete = 0] = ids;
  const root = open({ path: dir, overlappingSync: false, encoding: 'binary', maxDbs: 16 });
  const db = (name: string) => root.openDB({ name, encoding: 'binary' });
  await root.batch(() => {
    void db('info').put(5_000, Buffer.from('x'));
    for (const name of ['done', 'routed', 'rcpt', 'bounce']) void db(name).put([5_001, 3], Buffer.from('x'));
    void db('due').remove([1, 1_001, lost]);
    void db('due').put([0, 77, moved], Buffer.from([0]));
    void db('routed').remove([incomplete, 0]);
  });
  await root.close();
  const { findings } = await checkQueue(dir);
  assert.equal(findings.length, 8, JSON.stringify(findings));
  assert.ok(mayRepair(findings));
  assert.ok(!mayRepair([...findings, { kind: 'damaged', text: 'head' }]));
  assert.deepEqual(await repairQueue(dir), { removed: 6, added: 1 });
  assert.deepEqual((await checkQueue(dir)).findings, [{ kind: 'missing', id: incomplete, text: 'routed record 0 is missing' }]);
  const store = await openLmdbQueue({ dir });
  assert.deepEqual(
    store.due('remote', 2_000, 10).map(({ id, due }) => [id, due]),
    ids.map((id, n) => [id, 1_000 + n]),
  );
  assert.deepEqual(store.due('local', 2_000, 10), []);
  for (const [n, id] of ids.entries()) assert.equal(store.bounceText(id), `text ${n}\n`);
  assert.equal(store.count(), 4);
  await store.close();
});
