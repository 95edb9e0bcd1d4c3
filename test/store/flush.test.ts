/**
 * 250 means flushed: no accept settles before its own fdatasync returned, and after one that
 * failed nothing of it is visible and the store takes nothing more.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from 'lmdb';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { folder } from './fixture.js';
import { StoreChild } from './store-child.js';
import { injectFdatasync, noStrace } from './strace.js';

const notHere = noStrace();
const delay = 300;

test('an accept waits for its own flush, and the thread goes on meanwhile', async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const child = await StoreChild.start(t, folder(t));
  const detach = await injectFdatasync(t, child.process.pid ?? 0, `delay_enter=${delay * 1000}`);
  child.order({ order: 'accept', n: 1 });
  child.order({ order: 'ping' });
  await child.wait('pong');
  assert.equal(child.all('accepted').length, 0, 'an answer came from the loop while the flush was under way');
  child.order({ order: 'accept', n: 2 });
  const [first, second] = [await child.wait('accepted', 1), await child.wait('accepted', 2)];
  assert.equal(first.n, 1);
  assert.ok(first.ms >= delay, `first accept settled after ${first.ms} ms`);
  assert.ok(second.ms >= delay, `second accept settled after ${second.ms} ms: with the flush of the first`);
  await detach();
  child.order({ order: 'close' });
  assert.equal(await child.ended, 0);
  return undefined;
});

test('negative control: a store that does not flush is caught by the same measure', async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const db = open({ path: folder(t), noSync: true, overlappingSync: false, encoding: 'binary', cache: false });
  t.after(() => db.close());
  await db.put('before', Buffer.from('x'));
  const detach = await injectFdatasync(t, process.pid, `delay_enter=${delay * 1000}`);
  const start = performance.now();
  await db.put('key', Buffer.from('value'));
  const ms = performance.now() - start;
  await detach();
  assert.ok(ms < delay, `the put settled after ${ms} ms`);
  return undefined;
});

test('a failed flush: refused, the store takes nothing more, nothing is visible after a restart', async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const dir = folder(t);
  const child = await StoreChild.start(t, dir);
  child.order({ order: 'accept', n: 1 });
  const { id } = await child.wait('accepted');
  const detach = await injectFdatasync(t, child.process.pid ?? 0, 'error=EIO');
  for (const n of [2, 3, 4]) child.order({ order: 'accept', n });
  const refused = [await child.wait('refused', 1), await child.wait('refused', 2), await child.wait('refused', 3)];
  await detach();
  for (const { why, text } of refused) {
    assert.equal(why, 'failed');
    assert.match(text, /queue commit failed: .*(Input\/output error|EIO)/);
  }
  child.order({ order: 'accept', n: 5 });
  assert.equal((await child.wait('refused', 4)).why, 'failed');
  child.order({ order: 'trouble' });
  assert.equal((await child.wait('trouble')).why, 'failed');
  child.order({ order: 'close' });
  await child.wait('closed');
  // No unhandled rejection ended it.
  assert.equal(await child.ended, 0);
  const store = await openLmdbQueue({ dir });
  assert.deepEqual(
    store.todo(0, 100).map((head) => [head.id, head.qp]),
    [[id, 1]],
  );
  await store.close();
});
