/** Messages taken over from another queue: whole, once, and in order with everything else of the queue. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AdoptedState, AdoptingStore } from '../../src/store/adopting-store.js';
import { checkQueue } from '../../src/store/check-queue.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { addresses, folder, message } from './fixture.js';

const plain: AdoptedState = { key: '1000.1600000000000000000', due: {}, done: [], bounceText: '' };

async function opened(t: TestContext): Promise<{ readonly dir: string; readonly store: AdoptingStore }> {
  const dir = folder(t);
  const store = await openLmdbQueue({ dir, create: true });
  t.after(() => store.close());
  return { dir, store };
}

test('a preprocessed message keeps routing, times, marks and bounce over a restart', async (t) => {
  const { dir, store } = await opened(t);
  const recipients = addresses(1_500);
  const routed = recipients.map((address, n) => ({ channel: n < 1_000 ? ('local' as const) : ('remote' as const), address }));
  const state = { ...plain, routed, due: { local: 7, remote: 9 }, done: [0, 999, 1_499], bounceText: '<x>:\nno\n\n' };
  const id = await store.adopt(message({ recipients }), state);
  assert.ok(id !== undefined);
  assert.deepEqual([store.count(), store.todoCount()], [1, 0]);
  await store.close();
  assert.deepEqual((await checkQueue(dir)).findings, []);
  const again = await openLmdbQueue({ dir });
  t.after(() => again.close());
  assert.deepEqual(again.head(id)?.due, { local: 7, remote: 9 });
  const rows = again.recipients(id, 0, 2_000);
  assert.deepEqual(
    rows.filter(({ done }) => done).map(({ index }) => index),
    [0, 999, 1_499],
  );
  assert.deepEqual(
    rows.map((row) => row.routed),
    routed,
  );
  assert.equal(again.bounceText(id), '<x>:\nno\n\n');
  assert.deepEqual(again.due('local', 7, 10), [{ id, channel: 'local', due: 7 }]);
  await again.finish(id);
  assert.deepEqual([again.count(), again.due('remote', 99, 10)], [0, []]);
});

test('a message that is not preprocessed is one to do, with what is done of it', async (t) => {
  const { store } = await opened(t);
  const id = await store.adopt(message({ recipients: ['a@b', 'c@d'] }), { ...plain, done: [1] });
  assert.deepEqual(
    store.todo(0, 10).map((head) => head.id),
    [id],
  );
  assert.deepEqual(
    store.recipients(id ?? 0, 0, 10).map(({ done }) => done),
    [false, true],
  );
});

test('a key is taken once, also when its message is gone, until keys are forgotten', async (t) => {
  const { dir, store } = await opened(t);
  const id = await store.adopt(message(), plain);
  assert.equal(await store.adopt(message(), plain), undefined);
  await store.finish(id ?? 0);
  await store.close();
  const again = await openLmdbQueue({ dir });
  t.after(() => again.close());
  assert.equal(again.adopted(plain.key), id);
  assert.equal(await again.adopt(message(), plain), undefined);
  assert.equal(again.count(), 0);
  assert.equal(await again.forgetAdopted(), 1);
  assert.notEqual(await again.adopt(message(), plain), undefined);
});

test('a wrong mark is a bug: nothing is kept, the key stays free', async (t) => {
  const { store } = await opened(t);
  await assert.rejects(store.adopt(message(), { ...plain, done: [1] }), RangeError);
  assert.deepEqual([store.count(), store.adopted(plain.key)], [0, undefined]);
});
