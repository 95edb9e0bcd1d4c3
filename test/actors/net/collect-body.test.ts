/** Bodies while they arrive: nothing is lost or mixed up between the buffers, and memory stays bounded. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { BodyBuffers, largestBuffer } from '../../../src/actors/net/body-buffers.js';
import { BodyCollector, type CollectedBody } from '../../../src/actors/net/collect-body.js';
import { spillLimit } from '../../../src/store/body-file.js';

const front = 'Received: front\r\n';
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tqmail-'));
});
after(() => rm(folder, { recursive: true }));

/** Octets that tell their place. */
function text(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8)) & 255;
  return bytes;
}

/** Adds `bytes` in pieces of the sizes in turn, each from a place that is overwritten as soon as it was taken. */
async function collected(buffers: BodyBuffers, bytes: Buffer, sizes: readonly number[]): Promise<BodyCollector> {
  const body = new BodyCollector(folder, buffers, front);
  const shared = Buffer.alloc(Math.max(...sizes));
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const piece = shared.subarray(0, bytes.copy(shared, 0, at, at + (sizes[turn % sizes.length] ?? 1)));
    const wait = body.add(piece);
    at += piece.length;
    shared.fill('!');
    await wait;
  }
  return body;
}

/** What the queue would find: the bytes, or those of the file. */
function found(closed: CollectedBody | undefined): Buffer {
  assert.ok(closed !== undefined);
  const { bytes, file, checksum, size } = closed;
  const kept = file === undefined ? Buffer.from(bytes ?? []) : readFileSync(join(folder, 'body', file));
  assert.equal(kept.length, size);
  if (file !== undefined) assert.equal(checksum, crc32(kept));
  return kept;
}

test('a body of any size in pieces of any size is kept octet for octet, also in buffers used before', async () => {
  const buffers = new BodyBuffers(false);
  const limits = [16_384, 65_536, largestBuffer, 2 * largestBuffer, 4 * largestBuffer];
  const sizes = fc.oneof(
    fc.integer({ min: 0, max: 1_200_000 }),
    fc.tuple(fc.constantFrom(...limits), fc.integer({ min: -20, max: 20 })).map(([limit, more]) => limit + more),
  );
  const pieces = fc.array(fc.integer({ min: 500, max: 300_000 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(sizes, pieces, async (size, cut) => {
      const bytes = text(size);
      const body = await collected(buffers, bytes, cut);
      assert.ok(found(await body.close()).equals(Buffer.concat([Buffer.from(front), bytes])));
      body.release();
    }),
    { numRuns: 60 },
  );
});

test('a body is a file from one octet above the limit on', async () => {
  const buffers = new BodyBuffers(false);
  const room = spillLimit - front.length;
  const fits = await (await collected(buffers, text(room), [10_000])).close();
  assert.deepEqual([fits?.file, fits?.size], [undefined, spillLimit]);
  const larger = await (await collected(buffers, text(room + 1), [10_000])).close();
  assert.ok(larger?.file !== undefined);
  assert.equal(larger.size, spillLimit + 1);
});

test('a client that is faster than the disk is told to wait before it has filled two MiB', async () => {
  const body = new BodyCollector(folder, new BodyBuffers(false), front);
  const piece = text(65_536);
  let taken = 0;
  let wait: Promise<void> | undefined;
  // No turn of the event loop: the disk gets nothing done meanwhile.
  while (wait === undefined && taken <= 2 * 1_048_576) {
    wait = body.add(piece);
    taken += piece.length;
  }
  assert.ok(wait !== undefined && taken < 2 * 1_048_576, `no wait after ${taken} octets`);
  await wait;
  assert.equal((await body.close())?.size, front.length + taken);
});

test('a disk that takes nothing is told at the end, and nothing rejects before', async () => {
  const broken = await mkdtemp(join(tmpdir(), 'tqmail-'));
  try {
    await writeFile(join(broken, 'body'), 'not a folder');
    const body = new BodyCollector(broken, new BodyBuffers(false), front);
    for (let n = 0; n < 40; n++) await body.add(text(65_536));
    assert.equal(await body.close(), undefined);
  } finally {
    await rm(broken, { recursive: true });
  }
});

test('a discarded body leaves no file, and its blocks can be used by others', async () => {
  const buffers = new BodyBuffers(false);
  const present = new Set(readdirSync(join(folder, 'body')));
  const body = new BodyCollector(folder, buffers, front);
  void body.add(text(700_000));
  await body.discard();
  assert.deepEqual(
    readdirSync(join(folder, 'body')).filter((name) => !present.has(name)),
    [],
  );
  const [first, second] = [buffers.take(largestBuffer), buffers.take(largestBuffer)];
  assert.notEqual(first, second);
});
