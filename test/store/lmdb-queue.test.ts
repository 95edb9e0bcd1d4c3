/**
 * The durable queue: the conformance suite. Crashes, damage and full disks have files of their own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkQueue } from '../../src/store/check-queue.js';
import { addresses, makeLmdb, message } from './fixture.js';
import { queueConformance } from './queue-conformance.js';

for (const { title, run } of queueConformance('lmdb', makeLmdb)) test(title, run);

test('messages that end leave no record behind, whatever was known of them', async (t) => {
  const { store, dir } = await makeLmdb(t);
  const stays = await store.accept(message());
  for (const count of [0, 1, 2_500]) {
    const recipients = addresses(count);
    const routed = recipients.map((address) => ({ channel: 'remote', address }) as const);
    for (const last of ['accepted', 'marked', 'preprocessed', 'both'] as const) {
      const id = await store.accept(message({ recipients }));
      if (last === 'preprocessed' || last === 'both') await store.preprocess(id, routed, { local: 5, remote: 7 });
      if (last === 'marked' || last === 'both') {
        const indexes = count === 0 ? [] : [0, count - 1];
        for (const bounceText of ['one', 'two', '']) await store.mark({ id, indexes, bounceText });
      }
      await store.finish(id);
    }
  }
  assert.equal(store.count(), 1);
  await store.close();
  const { findings, messages } = await checkQueue(dir);
  assert.deepEqual(findings, []);
  assert.equal(messages, 1, `only message ${stays} is left`);
});
