/**
 * Octets changed inside a stopped queue's data file: a damaged message is never served, stays,
 * and does not hold up the others; the check names it.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { open } from 'lmdb';
import { checkQueue } from '../../src/store/check-queue.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import type { MessageId, QueueStore } from '../../src/store/queue-store.js';
import { folder, message } from './fixture.js';

const recipients = (n: number): string[] => [`only-${n}@b.example`, 'second@b.example'];
const body = (n: number): Uint8Array => Buffer.from(`body of message ${n} `.repeat(400));

/** A queue of 60 messages; those with an even number are preprocessed and due. */
async function filled(t: TestContext): Promise<{ dir: string; ids: MessageId[] }> {
  const dir = folder(t);
  const store = await openLmdbQueue({ dir, create: true });
  const ids: MessageId[] = [];
  for (let n = 0; n < 60; n++) {
    const id = await store.accept(message({ qp: n, recipients: recipients(n), body: { form: 'unix', bytes: body(n) } }));
    ids.push(id);
    if (n % 2 === 1) continue;
    await store.preprocess(
      id,
      recipients(n).map((address) => ({ channel: 'remote', address: `routed-${address}` })),
      { remote: n },
    );
    await store.mark({ id, indexes: [0], bounceText: `text of message ${n} ` });
  }
  await store.close();
  return { dir, ids };
}

/** Changes one octet behind every place where `text` stands; returns in how many. */
function flip(dir: string, text: string): number {
  const path = join(dir, 'data.mdb');
  const data = readFileSync(path);
  let places = 0;
  for (let at = data.indexOf(text); at >= 0; at = data.indexOf(text, at + 1)) {
    data[at + 3] = (data[at + 3] ?? 0) ^ 0x20;
    places++;
  }
  writeFileSync(path, data);
  return places;
}

const due = (store: QueueStore): MessageId[] => store.due('remote', 1e9, 1000).map(({ id }) => id);
const todo = (store: QueueStore): MessageId[] => store.todo(0, 1000).map(({ id }) => id);
const without = (ids: readonly MessageId[], odd: 0 | 1, damaged: MessageId): MessageId[] =>
  ids.filter((id, n) => n % 2 === odd && id !== damaged);

test('a damaged body is not served; its message stays and is left out', async (t) => {
  const { dir, ids } = await filled(t);
  const id = ids[8] ?? 0;
  assert.ok(flip(dir, 'body of message 8 ') > 0);
  const { findings, messages } = await checkQueue(dir);
  assert.deepEqual(findings, [{ kind: 'damaged', id, text: 'body fails its checksum' }]);
  assert.equal(messages, 60);
  const store = await openLmdbQueue({ dir });
  assert.ok(due(store).includes(id));
  assert.equal(store.read(id), undefined);
  assert.deepEqual(store.damages(), [{ id, text: 'body fails its checksum' }]);
  assert.deepEqual(due(store), without(ids, 0, id));
  assert.equal(store.trouble(), undefined);
  assert.equal(await store.finish(id, message({ origin: 'bounce' })), undefined);
  assert.equal(store.count(), 60);
  assert.equal(store.head(id)?.qp, 8);
  await store.close();
});

test('a damaged head: neither todo nor due lists it, changes of it do nothing', async (t) => {
  const { dir, ids } = await filled(t);
  const id = ids[9] ?? 0;
  assert.ok(flip(dir, 'only-9@b.example') > 0);
  assert.deepEqual((await checkQueue(dir)).findings, [{ kind: 'damaged', id, text: 'head fails its checksum' }]);
  const store = await openLmdbQueue({ dir });
  assert.deepEqual(todo(store), without(ids, 1, id));
  assert.equal(store.head(id), undefined);
  assert.deepEqual(store.recipients(id, 0, 10), []);
  assert.equal(store.read(id), undefined);
  await store.mark({ id, indexes: [0] });
  await store.preprocess(id, [], {});
  assert.equal(await store.finish(id), undefined);
  assert.equal(store.count(), 60);
  assert.deepEqual(store.damages(), [{ id, text: 'head fails its checksum' }]);
  await store.close();
});

test('damaged routing and a damaged bounce text', async (t) => {
  const { dir, ids } = await filled(t);
  const [routing = 0, , bounce = 0] = ids.slice(10);
  assert.ok(flip(dir, 'routed-only-10@b.example') > 0);
  assert.ok(flip(dir, 'text of message 12 ') > 0);
  assert.deepEqual((await checkQueue(dir)).findings, [
    { kind: 'damaged', id: routing, text: 'routed record 0 fails its checksum' },
    { kind: 'damaged', id: bounce, text: 'bounce record 0 fails its checksum' },
  ]);
  const store = await openLmdbQueue({ dir });
  assert.deepEqual(store.recipients(routing, 0, 10), []);
  assert.equal(store.bounceText(bounce), '');
  assert.deepEqual(
    store.damages().map((damage) => damage.id),
    [routing, bounce],
  );
  await store.close();
});

test('a zeroed page full of records: the check survives it and names where', async (t) => {
  const { dir } = await filled(t);
  const path = join(dir, 'data.mdb');
  const data = readFileSync(path);
  // Leaf pages say so at octet 18; those of the largest database hold the keys of `mess`.
  const leaves = Array.from({ length: data.length / 4096 }, (_, page) => page * 4096).filter(
    (at) => data.readUInt16LE(at + 18) === 2,
  );
  // Pages of older snapshots are leaves too, and nobody misses them.
  let noticed = 0;
  for (const at of leaves.reverse()) {
    const copy = Buffer.from(data);
    copy.fill(0, at, at + 4096);
    writeFileSync(path, copy);
    const { findings } = await checkQueue(dir);
    if (findings.length > 0 && ++noticed === 2) return;
  }
  assert.fail(`only ${noticed} of ${leaves.length} zeroed leaf pages noticed`);
});

test('records that do not fit together: the check names each', async (t) => {
  const { dir, ids } = await filled(t);
  const [even = 0, odd = 0] = ids;
  const root = open({ path: dir, overlappingSync: false, encoding: 'binary', maxDbs: 16 });
  const db = (name: string) => root.openDB({ name, encoding: 'binary' });
  await root.batch(() => {
    void db('due').put([1, 77, odd], Buffer.from([0]));
    void db('routed').remove([even, 0]);
    void db('info').put(5000, Buffer.from('x'));
    void db('done').put([5001, 3], Buffer.from('x'));
  });
  await root.close();
  assert.deepEqual((await checkQueue(dir)).findings, [
    { kind: 'missing', id: even, text: 'routed record 0 is missing' },
    { kind: 'stray', id: 5000, text: 'state record without its message' },
    { kind: 'stray', id: 5001, text: 'done record 3 without its message' },
    { kind: 'stray', id: odd, text: `schedule entry 1 77 ${odd} that the state record does not know` },
  ]);
});
