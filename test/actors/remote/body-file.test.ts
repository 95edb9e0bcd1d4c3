/** Body files as they are read for a delivery: pieces stay what they are as long as they are promised to. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBody } from '../../../src/actors/remote/body-file.js';

const pieceSize = 262_144;
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tqmail-'));
});
after(() => rm(folder, { recursive: true }));

function text(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = 32 + ((at * 7 + (at >> 8)) % 90);
  return bytes;
}

for (const size of [1, pieceSize - 1, pieceSize, pieceSize + 1, 4 * pieceSize, 5 * pieceSize + 7]) {
  test(`a file of ${size} octets is read whole, and the first piece outlasts the others`, async () => {
    const path = join(folder, `${size}`);
    const bytes = text(size);
    await writeFile(path, bytes);
    const opened = await openBody(path, 'wire');
    assert.ok(!('status' in opened));
    const pieces: Buffer[] = [];
    for (let piece = await opened.rest.next(); piece !== undefined; piece = await opened.rest.next()) {
      assert.ok(piece instanceof Uint8Array);
      // Longer than the next read takes: a piece must not change before the next is asked for.
      await new Promise((resolve) => setImmediate(resolve));
      pieces.push(Buffer.from(piece));
    }
    opened.rest.close();
    assert.equal(opened.size, size);
    assert.ok(Buffer.concat([opened.first, ...pieces]).equals(bytes));
  });
}

test('an empty file is an empty message, a missing file or a folder a temporary failure', async () => {
  await writeFile(join(folder, 'empty'), '');
  const empty = await openBody(join(folder, 'empty'), 'wire');
  assert.ok(!('status' in empty));
  assert.deepEqual([empty.first.length, await empty.rest.next()], [0, undefined]);
  for (const path of [join(folder, 'missing'), folder]) {
    const opened = await openBody(path, 'wire');
    assert.ok('status' in opened);
    assert.equal(opened.status, 'Z');
  }
});
