/**
 * A full disk and a full queue: new mail is refused in time, marks and removals go on, and the
 * queue takes mail again once there is room.
 */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createBodyFile } from '../../src/store/body-file.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { Space } from '../../src/store/lmdb/space.js';
import { StoreError } from '../../src/store/queue-store.js';
import { folder, message } from './fixture.js';

const isFull = (error: unknown): boolean => error instanceof StoreError && error.trouble.why === 'full';
const mib = 1_048_576;

test('below the reserve: no new mail, but marks, times, bounces and removals', async (t) => {
  const dir = folder(t);
  const before = await openLmdbQueue({ dir, create: true });
  const id = await before.accept(message());
  await before.close();
  const store = await openLmdbQueue({ dir, queuereserve: 2 ** 50 });
  assert.match(store.trouble()?.text ?? '', /^disk full: \d+ octets free at .*, queuereserve keeps 1125899906842624$/);
  await assert.rejects(store.accept(message()), isFull);
  await store.preprocess(id, [{ channel: 'remote', address: 'x' }], { remote: 1 });
  await store.mark({ id, indexes: [0], bounceText: 'x' });
  await store.reschedule({ id, channel: 'remote', due: 5 });
  assert.ok((await store.finish(id, message({ origin: 'bounce' }))) !== undefined);
  assert.equal(store.count(), 1);
  await store.close();
});

test('queuebytes caps what is queued, and a removal makes room again', async (t) => {
  const dir = folder(t);
  const first = await openLmdbQueue({ dir, create: true, queuebytes: mib });
  const ids: number[] = [];
  await assert.rejects(async () => {
    for (let n = 0; n < 100; n++) ids.push(await first.accept(message({}, 50_000)));
  }, isFull);
  assert.ok(ids.length >= 15 && ids.length <= 20, `${ids.length} messages of 50,000 octets in a MiB`);
  assert.match(first.trouble()?.text ?? 'none', /none|queuebytes allows 1048576/);
  await first.close();
  const store = await openLmdbQueue({ dir, queuebytes: mib });
  await assert.rejects(store.accept(message({}, 100_000)), isFull);
  await Promise.all(ids.slice(0, 4).map((id) => store.finish(id)));
  await store.accept(message({}, 100_000));
  await store.close();
});

test('a body in a file counts as long as its message is queued, also after a restart', async (t) => {
  const dir = folder(t);
  let store = await openLmdbQueue({ dir, create: true, queuebytes: mib });
  const accept = async (): Promise<number> => {
    const file = await createBodyFile(dir);
    await file.write(Buffer.alloc(600_000));
    const { size, checksum } = await file.close();
    return store.accept(message({ body: { form: 'wire', file: file.name, size, checksum }, unixSize: size }));
  };
  for (let n = 0; n < 5; n++) {
    const id = await accept();
    await assert.rejects(accept(), isFull);
    if (n === 2) {
      await store.close();
      store = await openLmdbQueue({ dir, queuebytes: mib });
      await assert.rejects(accept(), isFull);
    }
    await store.finish(id);
  }
  await store.close();
});

test('queuebytes holds for messages under way too', async (t) => {
  const store = await openLmdbQueue({ dir: folder(t), create: true, queuebytes: mib });
  const results = await Promise.allSettled(Array.from({ length: 100 }, () => store.accept(message({}, 50_000))));
  const taken = results.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(taken >= 15 && taken <= 20, `${taken} messages of 50,000 octets in a MiB`);
  await store.close();
});

test('space: what was taken since the last look counts', async (t) => {
  const space = new Space(folder(t), { reserve: mib, cap: 0 }, 0, async () => ({ bavail: 2 * mib, bsize: 1 }));
  await space.lookNow();
  assert.equal(space.refusal(500_000), undefined);
  space.take(500_000);
  assert.equal(space.refusal(400_000), undefined);
  space.take(400_000);
  assert.equal(space.refusal(400_000)?.why, 'full');
  await space.close();
});

test('space: what is taken while the disk is being asked is not in its answer', async (t) => {
  let answer = (): void => undefined;
  const asked = (): Promise<{ bavail: number; bsize: number }> =>
    new Promise((settle) => {
      answer = () => settle({ bavail: 2 * mib, bsize: 1 });
    });
  const space = new Space(folder(t), { reserve: mib, cap: 0 }, 0, asked);
  const first = space.lookNow();
  answer();
  await first;
  space.take(900_000);
  const second = space.lookNow();
  space.take(500_000);
  answer();
  await second;
  assert.equal(space.refusal(400_000), undefined, 'the disk knows of the first');
  assert.equal(space.refusal(600_000)?.why, 'full', 'and not of the second');
  // Asking for room began another look.
  answer();
  await space.close();
});

test('space: the ballast goes when nothing else is left and comes back with the room', async (t) => {
  const dir = folder(t);
  let free = 100 * mib;
  const space = new Space(dir, { reserve: 8 * mib, cap: 0 }, 0, async () => ({ bavail: free / 4096, bsize: 4096 }));
  const ballast = join(dir, 'ballast');
  await space.lookNow();
  assert.equal(statSync(ballast).size, mib);
  assert.ok(statSync(ballast).blocks * 512 >= mib, 'the ballast is a hole');
  free = mib;
  await space.lookNow();
  assert.equal(space.refusal(0)?.why, 'full');
  assert.ok(existsSync(ballast));
  free = mib / 4;
  await space.lookNow();
  assert.ok(!existsSync(ballast));
  free = 9 * mib;
  await space.lookNow();
  assert.ok(!existsSync(ballast));
  assert.equal(space.refusal(0), undefined);
  free = 20 * mib;
  await space.lookNow();
  assert.ok(existsSync(ballast));
});

test('space: what cannot be asked counts as full', async (t) => {
  const dir = folder(t);
  const space = new Space(dir, { reserve: 0, cap: 0 }, 0, async () => Promise.reject(new Error('EIO')));
  await space.lookNow();
  assert.match(space.refusal(0)?.text ?? '', /cannot ask for the free space at .*: Error: EIO/);
});

test('space: before a batch on a full disk the ballast is gone, and the batch is small', async (t) => {
  const dir = folder(t);
  let free = 200 * mib;
  const space = new Space(dir, { reserve: 8 * mib, cap: 0 }, 0, async () => ({ bavail: free, bsize: 1 }));
  await space.lookNow();
  const roomy = await space.room();
  assert.ok(existsSync(join(dir, 'ballast')));
  free = 70 * mib;
  await space.lookNow();
  // Somebody else fills the disk right after that look.
  free = 0;
  assert.ok((await space.room()) < roomy / 10);
  assert.ok(!existsSync(join(dir, 'ballast')));
});
