/**
 * The size of the data file over time: a queue that fills and empties again and again stays as large as what it held at once,
 * however much went through it.
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { folder, message } from './fixture.js';

const messages = 100;
const octets = 8_000;
const rounds = 30;

/** Octets of the data file after each round; `removes`: messages end as they should. */
async function sizes(t: TestContext, removes: boolean): Promise<readonly number[]> {
  const dir = join(folder(t), 'queue');
  const store = await openLmdbQueue({ dir, create: true });
  const one = message({}, octets);
  const after: number[] = [];
  for (let round = 0; round < (removes ? rounds : 5); round++) {
    const ids = await Promise.all(Array.from({ length: messages }, () => store.accept(one)));
    if (removes) await Promise.all(ids.map((id) => store.finish(id)));
    after.push(statSync(join(dir, 'data.mdb')).size);
  }
  await store.close();
  return after;
}

test('thirty times the same load through the queue: its file holds three times what it held at once, at most', async (t) => {
  const after = await sizes(t, true);
  t.diagnostic(`${after.at(2)} octets after 3 rounds, ${after.at(-1)} after ${rounds}; ${messages * octets} at once`);
  assert.ok((after.at(-1) ?? 0) <= 3 * messages * octets, `${after}`);
  assert.ok((after.at(-1) ?? 0) <= (after.at(9) ?? 0) * 1.2, 'it does not go on growing');
});

test('a queue that removes nothing grows, and that is seen', async (t) => {
  const after = await sizes(t, false);
  assert.ok((after.at(-1) ?? 0) > 3 * messages * octets, `${after}`);
});
