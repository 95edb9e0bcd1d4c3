/** A page of the queue: of a long list the recipients that still wait, and no more looks than a page may take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queuePage } from '../../../src/actors/queue/page.js';
import { MemoryQueue } from '../../../src/store/memory-queue.js';

async function accepted(store: MemoryQueue, count: number): Promise<number> {
  const recipients = Array.from({ length: count }, (_, n) => `u${n}@h.example`);
  const body = { form: 'unix', bytes: new Uint8Array(1) } as const;
  return store.accept({ origin: 'smtp', uid: 0, qp: 1, birth: 0, sender: 's@b', recipients, body, unixSize: 1 });
}

const upTo = (end: number, without: readonly number[] = []): number[] =>
  Array.from({ length: end }, (_, n) => n).filter((n) => !without.includes(n));

test('of a message for thousands those are shown that are not done', async () => {
  const store = new MemoryQueue();
  const id = await accepted(store, 5_000);
  await store.mark({ id, indexes: upTo(4_500, [7, 1_234]) });
  const [message] = queuePage(store, 0, 10).messages;
  const shown = message?.recipients.map(({ index }) => index) ?? [];
  assert.deepEqual(shown, [7, 1_234, ...upTo(4_598).slice(4_500)]);
  assert.ok(message?.recipients.every(({ done }) => !done));
});

test('a short list is shown whole, and a long one in its order while all of it waits', async () => {
  const store = new MemoryQueue();
  const short = await accepted(store, 100);
  await store.mark({ id: short, indexes: [1, 2] });
  await accepted(store, 2_000);
  const [first, second] = queuePage(store, 0, 10).messages;
  assert.deepEqual(
    first?.recipients.map(({ index }) => index),
    upTo(100),
  );
  assert.deepEqual(
    second?.recipients.map(({ index }) => index),
    upTo(100),
  );
});

test('a page looks through so many recipients and then shows the first ones', async () => {
  const store = new MemoryQueue();
  for (let n = 0; n < 4; n += 1) await store.mark({ id: await accepted(store, 12_000), indexes: upTo(12_000) });
  const shown = queuePage(store, 0, 10).messages.map(({ recipients }) => recipients.length);
  assert.deepEqual(shown, [0, 0, 100, 100]);
});
