/**
 * SIGKILL in mid-load: everything that was told to be kept is there after a restart, as it was.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkQueue } from '../../src/store/check-queue.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import type { QueueStore } from '../../src/store/queue-store.js';
import { bodyOf, folder } from './fixture.js';
import { StoreChild } from './store-child.js';

const idsOf = (reports: readonly { readonly id: number }[]): Set<number> => new Set(reports.map(({ id }) => id));

/** Compares what the killed process told with what the queue holds. */
function compare(store: QueueStore, child: StoreChild): void {
  const marked = idsOf(child.all('marked'));
  const finishing = idsOf(child.all('finishing'));
  const finished = idsOf(child.all('finished'));
  const preprocessed = idsOf(child.all('preprocessed'));
  const due = new Map(store.due('remote', 1e12, 1e6).map((entry) => [entry.id, entry]));
  for (const { id, n } of child.all('accepted')) {
    const head = store.head(id);
    if (finished.has(id)) assert.equal(head, undefined, `finished message ${n} is back`);
    if (head === undefined) {
      assert.ok(finishing.has(id), `message ${n} is lost`);
      continue;
    }
    assert.equal(head.qp, n);
    const body = store.read(id);
    assert.ok(
      body !== undefined && 'bytes' in body && Buffer.from(bodyOf(3000, n)).equals(body.bytes),
      `message ${n} is altered`,
    );
    const done = store.recipients(id, 0, 10).map((row) => row.done);
    if (marked.has(id)) assert.deepEqual(done, [true, false, true]);
    if (marked.has(id)) assert.equal(store.bounceText(id), `text ${n}`);
    if (preprocessed.has(id)) assert.deepEqual(due.get(id), { id, channel: 'remote', due: n });
  }
  assert.equal(new Set(child.all('accepted').map(({ id }) => id)).size, child.all('accepted').length, 'an id was given twice');
}

test('killed in mid-load, three times on the same queue: nothing is lost, altered or revived', async (t) => {
  const dir = folder(t);
  let highest = 1;
  for (const kills of [1, 150, 400]) {
    const child = await StoreChild.start(t, dir);
    child.order({ order: 'load', lanes: 20 });
    await child.wait('accepted', kills);
    child.process.kill('SIGKILL');
    assert.equal(await child.ended, 'SIGKILL');
    const ids = child.all('accepted').map(({ id }) => id);
    assert.ok(Math.min(...ids) > highest, 'an id of an earlier run was given again');
    const store = await openLmdbQueue({ dir });
    compare(store, child);
    highest = Math.max(highest, ...ids, ...store.todo(0, 1e6).map(({ id }) => id));
    await store.close();
    assert.deepEqual((await checkQueue(dir)).findings, []);
  }
});
