/**
 * Cases of queue-conformance.ts: messages come, are marked, and go.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, utimesSync } from 'node:fs';
import { createBodyFile } from '../../src/store/body-file.js';
import { type Body, type QueueStore, StoreError } from '../../src/store/queue-store.js';
import { type Cases, dueOf, nextOf, preprocessed, remote, twice } from './conformance-case.js';
import { addresses, bodyOf, message } from './fixture.js';

const bytesOf = (body: Body | undefined): Buffer => Buffer.from(body !== undefined && 'bytes' in body ? body.bytes : []);

export const mailCases: Cases = {
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

  'an empty chunk changes nothing of a body file': async ({ store, dir }) => {
    const text = bodyOf(100, 1);
    const empty = new Uint8Array(0);
    // Asked for its memory it has none any more, and a checksum over it begins anew.
    assert.equal(empty.buffer.byteLength, 0);
    const closed = [];
    for (const chunks of [[text], [text, empty, text.subarray(0, 0)]]) {
      const file = await createBodyFile(dir);
      for (const chunk of chunks) await file.write(chunk);
      closed.push({ ...(await file.close()), file: file.name });
    }
    const [plain, mixed] = closed;
    assert.deepEqual([mixed?.size, mixed?.checksum], [plain?.size, plain?.checksum]);
    assert.ok((await store.accept(message({ body: { form: 'wire', file: '', size: 0, checksum: 0, ...mixed } }))) > 0);
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
    // What is no file is not ours, and no reason to fail.
    mkdirSync(store.bodyPath('lost+found'));
    utimesSync(store.bodyPath('lost+found'), 1, 1);
    assert.deepEqual(await store.sweep(now), { removed: 1 });
    assert.ok(existsSync(store.bodyPath('lost+found')));
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
