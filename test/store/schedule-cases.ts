/**
 * Cases of queue-conformance.ts: preprocessing, due times, listings.
 */
import assert from 'node:assert/strict';
import type { QueueStore } from '../../src/store/queue-store.js';
import { type Cases, dueOf, keysOf, nextOf, preprocessed, remote, twice } from './conformance-case.js';
import { message } from './fixture.js';

export const scheduleCases: Cases = {
  'todo: ascending, behind `after`, at most `limit`, not the preprocessed ones': async (subject) => {
    const { store } = subject;
    const ids = await Promise.all(Array.from({ length: 9 }, () => store.accept(message())));
    const todo = (queue: QueueStore, after: number, limit: number): number[] => queue.todo(after, limit).map(({ id }) => id);
    const [first = 0, , third = 0] = ids;
    await store.preprocess(third, [remote('x')], {});
    await store.preprocess(first, [remote('x')], {});
    const left = ids.filter((id) => id !== first && id !== third);
    for await (const queue of twice(subject)) {
      assert.deepEqual(todo(queue, 0, 100), left);
      assert.deepEqual(todo(queue, 0, 3), left.slice(0, 3));
      assert.deepEqual(todo(queue, left[2] ?? 0, 2), left.slice(3, 5));
      assert.deepEqual(todo(queue, left.at(-1) ?? 0, 10), []);
      assert.deepEqual(todo(queue, 0, 0), []);
    }
  },

  'list and todoCount: all messages in pages, and how many are not preprocessed': async (subject) => {
    const { store } = subject;
    const ids = await Promise.all(Array.from({ length: 5 }, (_, qp) => store.accept(message({ qp }))));
    assert.ok(ids.every((id) => id >= store.firstId));
    await store.preprocess(ids[1] ?? 0, [remote('x')], { remote: 3 });
    await store.finish(ids[3] ?? 0);
    const left = ids.filter((_, n) => n !== 3);
    for await (const queue of twice(subject)) {
      assert.equal(queue.todoCount(), 3);
      assert.deepEqual(
        queue.list(0, 10),
        left.map((id) => queue.head(id)),
      );
      const page = (after: number, limit: number) => queue.list(after, limit).map(({ id }) => id);
      assert.deepEqual(
        [page(0, 2), page(left[1] ?? 0, 2), page(left[3] ?? 0, 2), page(0, 0)],
        [left.slice(0, 2), left.slice(2), [], []],
      );
      assert.deepEqual(queue.head(ids[1] ?? 0)?.due, { remote: 3 });
      assert.equal(queue.head(ids[0] ?? 0)?.due, undefined);
    }
  },

  'looked: what was kept last, also after a restart': async (subject) => {
    assert.equal(subject.store.looked(), undefined);
    await subject.store.keepLooked({ local: 3, remote: 4, routing: 'abc' });
    await subject.store.keepLooked({ local: 30, remote: 4, routing: 'abcd' });
    for await (const queue of twice(subject)) assert.deepEqual(queue.looked(), { local: 30, remote: 4, routing: 'abcd' });
  },

  'todo finds what comes after an empty answer': async ({ reopen }) => {
    const store = await reopen();
    await preprocessed(store, { remote: 5 });
    assert.deepEqual(store.todo(0, 10), []);
    const id = await store.accept(message());
    assert.deepEqual(
      store.todo(0, 10).map((head) => head.id),
      [id],
    );
  },

  'preprocess keeps routing and times': async (subject) => {
    const { store } = subject;
    const id = await store.accept(message({ recipients: ['a@l', 'b@r', 'c@r'] }));
    const routed = [{ channel: 'local', address: 'alias-a@l' } as const, remote('b@r'), remote('c@other')];
    await store.preprocess(id, routed, { local: 10, remote: 20 });
    for await (const queue of twice(subject)) {
      assert.equal(queue.head(id)?.preprocessed, true);
      assert.deepEqual(queue.todo(0, 10), []);
      assert.deepEqual(
        queue.recipients(id, 1, 1).map((row) => row.routed),
        routed.slice(1, 2),
      );
      assert.deepEqual(
        queue.recipients(id, 0, 10).map((row) => row.routed),
        routed,
      );
      assert.deepEqual(keysOf(dueOf(queue, 100, 10)), [`10 ${id} local`, `20 ${id} remote`]);
    }
  },

  'preprocess again replaces routing and times, marks stay': async ({ store }) => {
    const id = await preprocessed(store, { local: 1, remote: 2 }, ['a', 'b']);
    await store.mark({ id, indexes: [1] });
    await store.preprocess(id, [remote('c'), { channel: 'local', address: 'd' }], { remote: 7 });
    assert.deepEqual(store.recipients(id, 0, 10), [
      { index: 0, address: 'a', routed: remote('c'), done: false },
      { index: 1, address: 'b', routed: { channel: 'local', address: 'd' }, done: true },
    ]);
    assert.deepEqual(keysOf(dueOf(store, 100, 10)), [`7 ${id} remote`]);
  },

  'due: a schedule each channel, oldest first, then by id': async ({ store }) => {
    const a = await preprocessed(store, { local: 30, remote: 10 });
    const b = await preprocessed(store, { local: 20, remote: 20 });
    const c = await preprocessed(store, { remote: 20 });
    const d = await preprocessed(store, { remote: -3.5 });
    assert.deepEqual(keysOf(store.due('remote', 1000, 100)), [
      `-3.5 ${d} remote`,
      `10 ${a} remote`,
      `20 ${b} remote`,
      `20 ${c} remote`,
    ]);
    assert.deepEqual(keysOf(store.due('local', 1000, 100)), [`20 ${b} local`, `30 ${a} local`]);
    assert.deepEqual(keysOf(store.due('remote', 20, 100)).length, 4);
    assert.deepEqual(keysOf(store.due('remote', 19.9, 100)), [`-3.5 ${d} remote`, `10 ${a} remote`]);
    assert.deepEqual(keysOf(store.due('remote', 1000, 3)).length, 3);
    assert.deepEqual(store.due('remote', 1000, 0), []);
    assert.deepEqual(store.nextDue('local'), { id: b, channel: 'local', due: 20 });
    assert.deepEqual(store.head(b)?.due, { local: 20, remote: 20 });
    assert.deepEqual(store.head(d)?.due, { remote: -3.5 });
    assert.deepEqual(nextOf(store), { id: d, channel: 'remote', due: -3.5 });
  },

  'reschedule moves and ends a channel': async (subject) => {
    const { store } = subject;
    const id = await preprocessed(store, { local: 1, remote: 2 });
    await store.reschedule({ id, channel: 'remote', due: 500 });
    await store.reschedule({ id, channel: 'local', due: undefined });
    await store.reschedule({ id, channel: 'local', due: undefined });
    for await (const queue of twice(subject)) {
      assert.deepEqual(keysOf(dueOf(queue, 1000, 10)), [`500 ${id} remote`]);
      assert.deepEqual(nextOf(queue), { id, channel: 'remote', due: 500 });
      await queue.allDue(100);
      assert.deepEqual(keysOf(dueOf(queue, 1000, 10)), [`100 ${id} remote`]);
      await queue.reschedule({ id, channel: 'remote', due: 500 });
    }
  },

  'a finished message never becomes due again': async (subject) => {
    const { store } = subject;
    const id = await preprocessed(store, { local: 1, remote: 2 });
    const other = await preprocessed(store, { remote: 900 });
    await Promise.all([store.allDue(50), store.finish(id), store.reschedule({ id, channel: 'local', due: 3 }), store.allDue(50)]);
    await store.preprocess(id, [remote('x')], { remote: 4 });
    for await (const queue of twice(subject)) assert.deepEqual(keysOf(dueOf(queue, 1000, 10)), [`50 ${other} remote`]);
  },

  'allDue over more than one step, with changes meanwhile': async ({ store }) => {
    const ids = await Promise.all(Array.from({ length: 1201 }, () => store.accept(message())));
    await Promise.all(ids.map((id, n) => store.preprocess(id, [remote('x')], { remote: 100 + (n % 50) })));
    const moved = ids.at(-1) ?? 0;
    const over = store.allDue(50);
    const late = store.reschedule({ id: moved, channel: 'remote', due: 1e6 });
    await Promise.all([over, late]);
    const due = dueOf(store, 50, 5000);
    assert.deepEqual(
      due.map(({ id }) => id),
      ids.filter((id) => id !== moved || due.some((entry) => entry.id === moved)),
    );
    assert.equal(dueOf(store, 1e9, 5000).length, 1201);
  },
};
