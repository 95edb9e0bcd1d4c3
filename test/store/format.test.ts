/**
 * A queue that an earlier version left is taken over whole: one packed queue for every format that was ever released.
 * One of a later format is refused as it stands, with what to do.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open } from 'lmdb';
import { checkQueue } from '../../src/store/check-queue.js';
import { factRecord } from '../../src/store/lmdb/facts.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { addresses, bodyOf, folder, message } from './fixture.js';
import { largeBody, unpack } from './format-fixture.js';

const packed = (format: number): string =>
  fileURLToPath(new URL(`../../../test/store/fixtures/queue-${format}.json`, import.meta.url));

test('a queue of format 1 opens with everything that is in it', async (t) => {
  const dir = folder(t);
  unpack(packed(1), dir);
  assert.deepEqual(await checkQueue(dir), { messages: 4, rescued: 0, findings: [] });
  const store = await openLmdbQueue({ dir });
  t.after(() => store.close());
  const heads = store.list(0, 10);
  assert.deepEqual(
    heads.map(({ qp, recipientCount, preprocessed }) => [qp, recipientCount, preprocessed]),
    [
      [1, 2, false],
      [2, 3, true],
      [3, 1, false],
      [4, 2_500, false],
    ],
  );
  const [first = 0, second = 0, third = 0, fourth = 0] = heads.map(({ id }) => id);
  assert.equal(store.head(first)?.sender, 'sender@a.example');
  const body = store.read(first);
  assert.ok(body !== undefined && 'bytes' in body && Buffer.from(bodyOf(100, 7)).equals(body.bytes));
  const rows = store.recipients(second, 0, 10);
  assert.deepEqual(
    rows.map(({ address, done, routed }) => [address, done, routed?.channel]),
    addresses(3).map((address, n) => [address, n === 1, n === 0 ? 'local' : 'remote']),
  );
  assert.deepEqual(store.head(second)?.due, { local: 1_700_000_100, remote: 1_700_000_400 });
  assert.equal(store.bounceText(second), 'user1 failed\n\n');
  const large = store.read(third);
  assert.ok(large !== undefined && 'file' in large);
  assert.ok(readFileSync(store.bodyPath(large.file)).equals(largeBody));
  assert.deepEqual(
    store.recipients(fourth, 0, 3_000).map(({ address }) => address),
    addresses(2_500),
  );
  // And it goes on from there: numbers of finished messages are not given again.
  assert.ok((await store.accept(message({ qp: 6 }))) > fourth + 1);
  await store.finish(first);
  assert.equal(store.count(), 4);
});

test('a queue of a later format is refused with what to do, and nothing in it is changed', async (t) => {
  const dir = folder(t);
  unpack(packed(1), dir);
  const root = open({ path: dir, overlappingSync: false, encoding: 'binary', maxDbs: 16 });
  await root.openDB({ name: 'meta', encoding: 'binary' }).put('format', factRecord('2'));
  await root.close();
  const before = readFileSync(join(dir, 'data.mdb'));
  const advice = /queue format 2, .* reads format 1 only; nothing was changed: start the newer version that wrote it again/;
  await assert.rejects(openLmdbQueue({ dir }), advice);
  const { findings } = await checkQueue(dir);
  assert.match(findings.map(({ text }) => text).join('\n'), advice);
  assert.ok(readFileSync(join(dir, 'data.mdb')).equals(before));
});
