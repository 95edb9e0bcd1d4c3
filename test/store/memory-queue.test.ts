/**
 * The queue in memory: the conformance suite, and the hooks that other tests use.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import { StoreError } from '../../src/store/queue-store.js';
import { makeMemory, message } from './fixture.js';
import { queueConformance } from './queue-conformance.js';

for (const { title, run } of queueConformance('memory', makeMemory)) test(title, run);

const because = (why: string) => (error: unknown) => error instanceof StoreError && error.trouble.why === why;

test('memory: a failed commit refuses its changes and all later ones', async () => {
  const store = new MemoryQueue();
  const id = await store.accept(message());
  store.failNextCommit('EIO');
  const [accepted, marked] = await Promise.allSettled([store.accept(message()), store.mark({ id, indexes: [0] })]);
  assert.ok(accepted.status === 'rejected' && because('failed')(accepted.reason));
  assert.ok(marked.status === 'rejected' && because('failed')(marked.reason));
  assert.deepEqual(store.trouble(), { why: 'failed', text: 'EIO' });
  await assert.rejects(store.accept(message()), because('failed'));
  assert.throws(() => store.head(id), because('failed'));
});

test('memory: full refuses new mail only', async () => {
  const store = new MemoryQueue();
  const id = await store.accept(message());
  store.setFull('disk full');
  assert.deepEqual(store.trouble(), { why: 'full', text: 'disk full' });
  await assert.rejects(store.accept(message()), because('full'));
  await store.mark({ id, indexes: [0] });
  assert.ok((await store.finish(id, message({ origin: 'bounce' }))) !== undefined);
  store.setFull(undefined);
  await store.accept(message());
  assert.equal(store.count(), 2);
});

test('memory: held commits settle nothing', async () => {
  const store = new MemoryQueue();
  const release = store.holdCommits();
  let settled = false;
  const accepted = store.accept(message()).then(() => {
    settled = true;
  });
  await new Promise(setImmediate);
  assert.equal(settled, false);
  assert.equal(store.count(), 0);
  release();
  await accepted;
  assert.equal(store.count(), 1);
});
