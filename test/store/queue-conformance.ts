/**
 * What every QueueStore must do, method by method. Run against each store by its own test file.
 */
import assert from 'node:assert/strict';
import { existsSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { createBodyFile } from '../../src/store/body-file.js';
import { type Body, type DueEntry, type MessageId, type QueueStore, StoreError } from '../../src/store/queue-store.js';
import { addresses, bodyOf, type MakeSubject, message, type Subject } from './fixture.js';

type Case = (subject: Subject) => Promise<void>;

const remote = (address: string) => ({ channel: 'remote', address }) as const;
const bytesOf = (body: Body | undefined): Buffer => Buffer.from(body !== undefined && 'bytes' in body ? body.bytes : []);
/** Both channels' schedules as one list: by time, then id, then local before remote. */
function dueOf(store: QueueStore, now: number, limit: number): DueEntry[] {
  const both = [...store.due('local', now, limit), ...store.due('remote', now, limit)];
  return both.sort((a, b) => a.due - b.due || a.id - b.id || (a.channel < b.channel ? -1 : 1)).slice(0, limit);
}
const nextOf = (store: QueueStore): DueEntry | undefined =>
  [store.nextDue('local'), store.nextDue('remote')].filter((entry) => entry !== undefined).sort((a, b) => a.due - b.due)[0];

const keysOf = (entries: readonly DueEntry[]): string[] => entries.map(({ due, id, channel }) => `${due} ${id} ${channel}`);

/** Accepts and preprocesses a message for `recipients` at remote. */
async function preprocessed(
  store: QueueStore,
  due: { local?: number; remote?: number },
  recipients = ['a@b.example'],
): Promise<MessageId> {
  const id = await store.accept(message({ recipients }));
  await store.preprocess(id, recipients.map(remote), due);
  return id;
}

/** The queue as it is, then after a restart. */
async function* twice({ store, reopen }: Subject): AsyncGenerator<QueueStore> {
  yield store;
  yield await reopen();
}

const cases: Readonly<Record<string, Case>> = {
  'an empty queue': async (subject) => {
    const { store } = subject;
    assert.match(store.nonce, /^[0-9a-f]{16}$/);
    for await (const queue of twice(subject)) {
      assert.equal(queue.count(), 0);
      assert.deepEqual(queue.todo(0, 10), []);
      assert.deepEqual(dueOf(queue, 1e12, 10), []);
      assert.equal(nextOf(queue), undefined);
      assert.equal(queue.head(2), undefined);
      assert.equal(queue.read(2), undefined);
      assert.deepEqual(queue.recipients(2, 0, 10), []);
      assert.equal(queue.bounceText(2), '');
      assert.equal(queue.trouble(), undefined);
      assert.deepEqual(queue.damages(), []);
      assert.equal(queue.nonce, store.nonce);
    }
  },

  'accept keeps every field and octet': async (subject) => {
    const { store } = subject;
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    const sender = Buffer.from(all.subarray(1)).toString('latin1');
    const given = message({
      origin: 'inject',
      uid: 4_294_967_294,
      qp: 2 ** 40,
      birth: 1_700_000_000.5,
      sender,
      recipients: [sender, '', 'x'],
    });
    const bytes = bodyOf(70_000, 3);
    const accepted = store.accept({ ...given, body: { form: 'unix', bytes }, unixSize: 70_000 });
    bytes.fill(0);
    const id = await accepted;
    assert.ok(id > 1);
    const head = { id, origin: 'inject', uid: 4_294_967_294, qp: 2 ** 40, birth: 1_700_000_000.5, sender };
    for await (const queue of twice(subject)) {
      assert.deepEqual(queue.head(id), { ...head, recipientCount: 3, unixSize: 70_000, preprocessed: false });
      assert.deepEqual(queue.todo(0, 10), [queue.head(id)]);
      const body = queue.read(id);
      assert.equal(body?.form, 'unix');
      assert.ok(bytesOf(body).equals(bodyOf(70_000, 3)));
      assert.ok(body !== undefined && 'bytes' in body && body.bytes.byteLength === body.bytes.buffer.byteLength);
      assert.deepEqual(queue.recipients(id, 0, 10), [
        { index: 0, address: sender, done: false },
        { index: 1, address: '', done: false },
        { index: 2, address: 'x', done: false },
      ]);
      assert.equal(queue.count(), 1);
    }
  },

  'bodies of many sizes, the empty one too': async (subject) => {
    const { store } = subject;
    const sizes = [0, 1, 4095, 4096, 4097, 262_144, 300_000];
    const ids = await Promise.all(sizes.map((size) => store.accept(message({}, size))));
    for await (const queue of twice(subject)) {
      sizes.forEach((size, n) => {
        assert.ok(bytesOf(queue.read(ids[n] ?? 0)).equals(bodyOf(size, 7)), `${size} octets`);
      });
    }
  },

  'no recipients': async ({ store }) => {
    const id = await store.accept(message({ recipients: [] }));
    assert.equal(store.head(id)?.recipientCount, 0);
    await store.preprocess(id, [], {});
    assert.equal(store.head(id)?.preprocessed, true);
    await store.mark({ id, indexes: [], bounceText: 'nobody' });
    assert.equal(store.bounceText(id), 'nobody');
    await store.finish(id);
    assert.equal(store.head(id), undefined);
  },

  'ids ascend, are never used twice, and survive a restart': async ({ store, reopen }) => {
    const before = await Promise.all(Array.from({ length: 50 }, () => store.accept(message())));
    assert.deepEqual(
      before,
      [...new Set(before)].sort((a, b) => a - b),
    );
    await Promise.all(before.map((id) => store.finish(id)));
    const queue = await reopen();
    assert.ok((await queue.accept(message())) > Math.max(...before));
  },

  'changes show when they settle, not before': async ({ store }) => {
    const accepted = store.accept(message());
    assert.equal(store.count(), 0);
    assert.deepEqual(store.todo(0, 10), []);
    const id = await accepted;
    assert.equal(store.count(), 1);
    const finished = store.finish(id);
    assert.equal(store.head(id)?.id, id);
    await finished;
    assert.equal(store.head(id), undefined);
    assert.equal(store.count(), 0);
  },

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

  'marks before and after preprocess': async (subject) => {
    const { store } = subject;
    const id = await store.accept(message({ recipients: ['a', 'b', 'c', 'd'] }));
    const done = (queue: QueueStore): number[] =>
      queue.recipients(id, 0, 10).flatMap(({ index, done: is }) => (is ? [index] : []));
    await Promise.all([store.mark({ id, indexes: [2] }), store.mark({ id, indexes: [0, 2], bounceText: 'first\n' })]);
    assert.deepEqual(done(store), [0, 2]);
    await store.preprocess(id, ['a', 'b', 'c', 'd'].map(remote), { remote: 5 });
    await store.mark({ id, indexes: [3], bounceText: 'second\xff\n' });
    for await (const queue of twice(subject)) {
      assert.deepEqual(done(queue), [0, 2, 3]);
      assert.equal(queue.bounceText(id), 'first\nsecond\xff\n');
    }
  },

  'bounce texts longer than a page keep their order': async (subject) => {
    const { store } = subject;
    const id = await store.accept(message());
    const texts = Array.from({ length: 30 }, (_, n) => `${n}:${'x'.repeat(n * 400)}\n`);
    await Promise.all(texts.map((bounceText) => store.mark({ id, indexes: [], bounceText })));
    for await (const queue of twice(subject)) assert.equal(queue.bounceText(id), texts.join(''));
  },

  'finish with a bounce: one goes, one comes': async (subject) => {
    const { store } = subject;
    const id = await preprocessed(store, { remote: 1 });
    await store.mark({ id, indexes: [0], bounceText: 'gone' });
    const bounceId = await store.finish(id, message({ origin: 'bounce', sender: '', recipients: ['sender@a.example'] }));
    assert.ok(bounceId !== undefined && bounceId > id);
    assert.equal(await store.finish(id, message({ origin: 'bounce' })), undefined);
    for await (const queue of twice(subject)) {
      assert.equal(queue.count(), 1);
      assert.equal(queue.head(id), undefined);
      assert.equal(queue.bounceText(id), '');
      assert.equal(queue.head(bounceId)?.origin, 'bounce');
      assert.deepEqual(queue.recipients(bounceId, 0, 9), [{ index: 0, address: 'sender@a.example', done: false }]);
    }
  },

  'changes of unknown messages do nothing': async ({ store }) => {
    const id = 999;
    await store.preprocess(id, [remote('x')], { remote: 1 });
    await store.reschedule({ id, channel: 'local', due: 1 });
    await store.mark({ id, indexes: [3], bounceText: 'x' });
    assert.equal(await store.finish(id), undefined);
    assert.equal(store.count(), 0);
    assert.equal(nextOf(store), undefined);
    assert.equal(store.bounceText(id), '');
  },

  'calls that contradict themselves are refused and leave nothing': async ({ store }) => {
    const id = await store.accept(message({ recipients: ['a', 'b'] }));
    await assert.rejects(store.reschedule({ id, channel: 'local', due: 5 }), RangeError);
    await assert.rejects(store.preprocess(id, [remote('a')], { remote: 1 }), RangeError);
    await assert.rejects(store.preprocess(id, [remote('a'), remote('b')], { remote: Number.NaN }), RangeError);
    for (const index of [2, -1, 0.5]) await assert.rejects(store.mark({ id, indexes: [0, index], bounceText: 'no' }), RangeError);
    assert.equal(store.head(id)?.preprocessed, false);
    assert.equal(nextOf(store), undefined);
    assert.equal(store.bounceText(id), '');
    assert.ok(store.recipients(id, 0, 9).every(({ done }) => !done));
    await store.preprocess(id, [remote('a'), remote('b')], { remote: 1 });
    assert.equal(store.trouble(), undefined);
  },

  '100,000 recipients, marked block by block': async ({ store, reopen }) => {
    const count = 100_000;
    const recipients = addresses(count);
    const id = await store.accept(message({ recipients }));
    assert.equal(store.head(id)?.recipientCount, count);
    const row = { index: 54_321, address: recipients[54_321] ?? '' };
    assert.deepEqual(store.recipients(id, 54_321, 1), [{ ...row, done: false }]);
    await store.mark({ id, indexes: [99_999] });
    await store.preprocess(id, recipients.map(remote), { remote: 1 });
    for (let from = 0; from < 50_000; from += 1000)
      void store.mark({ id, indexes: Array.from({ length: 1000 }, (_, n) => from + n) });
    await store.mark({ id, indexes: [54_321] });
    const queue = await reopen();
    const done = Array.from({ length: 100 }, (_, n) => queue.recipients(id, n * 1000, 1000).filter((found) => found.done).length);
    assert.deepEqual(done, [...Array(50).fill(1000), 0, 0, 0, 0, 1, ...Array(44).fill(0), 1]);
    assert.deepEqual(queue.recipients(id, 54_321, 1), [{ ...row, routed: remote(row.address), done: true }]);
    assert.equal(queue.recipients(id, 99_500, 5000).length, 500);
    assert.deepEqual(
      queue.recipients(id, 1998, 4).map(({ address }) => address),
      recipients.slice(1998, 2002),
    );
    await queue.finish(id);
    assert.equal(queue.count(), 0);
    assert.deepEqual(queue.recipients(id, 0, 10), []);
  },

  'a body file is named by its message and goes with it': async ({ store, dir, reopen }) => {
    const file = await createBodyFile(dir);
    for (let n = 0; n < 40; n++) await file.write(bodyOf(65_536, n));
    const { size, checksum } = await file.close();
    assert.equal(size, 40 * 65_536);
    const id = await store.accept(message({ body: { form: 'wire', file: file.name, size, checksum } }));
    const queue = await reopen();
    assert.deepEqual(queue.read(id), { form: 'wire', file: file.name, size, checksum });
    assert.ok(existsSync(queue.bodyPath(file.name)));
    await queue.finish(id);
    assert.ok(!existsSync(queue.bodyPath(file.name)));
    assert.equal(queue.read(id), undefined);
  },

  'sweep removes old files that no message names': async ({ store, dir }) => {
    const names: string[] = [];
    for (let n = 0; n < 3; n++) {
      const file = await createBodyFile(dir);
      await file.write(bodyOf(10, n));
      await file.close();
      names.push(file.name);
    }
    const [kept = '', old = '', young = ''] = names;
    await store.accept(message({ body: { form: 'wire', file: kept, size: 10 } }));
    const now = 1_800_000_000;
    for (const name of [kept, old]) utimesSync(store.bodyPath(name), now - 129_601, now - 129_601);
    utimesSync(store.bodyPath(young), now - 129_599, now - 129_599);
    assert.deepEqual(await store.sweep(now), { removed: 1 });
    assert.deepEqual(
      names.map((name) => existsSync(store.bodyPath(name))),
      [true, false, true],
    );
  },

  'close keeps what was asked, then refuses everything': async ({ store }) => {
    const accepted = store.accept(message());
    await Promise.all([store.close(), store.close()]);
    assert.ok((await accepted) > 1);
    const closed = (error: unknown): boolean => error instanceof StoreError && error.trouble.why === 'closed';
    assert.equal(store.trouble()?.why, 'closed');
    for (const read of [
      () => store.count(),
      () => store.todo(0, 1),
      () => store.head(2),
      () => store.read(2),
      () => dueOf(store, 1, 1),
    ]) {
      assert.throws(read, closed);
    }
    const id = 2;
    await assert.rejects(store.accept(message()), closed);
    await assert.rejects(store.mark({ id, indexes: [0] }), closed);
    await assert.rejects(store.finish(id), closed);
    await assert.rejects(store.reschedule({ id, channel: 'local', due: 1 }), closed);
    await assert.rejects(store.preprocess(id, [], {}), closed);
    await assert.rejects(store.allDue(1), closed);
    await store.close();
  },
};

/** Declares one test for every case. */
export function queueConformance(name: string, make: MakeSubject): void {
  for (const [title, run] of Object.entries(cases)) test(`${name}: ${title}`, async (t) => run(await make(t)));
}
