/**
 * A start with a large backlog: the server greets before it has looked through the queue, and everything that was queued is
 * there and goes out in its order.
 */
import assert from 'node:assert/strict';
import { chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pssMiB } from '../../bench/process/tree.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { type Status, statusOf } from '../support/server-status.js';

const backlog = 10_000;
/** Of these the order is looked at. */
const looked = 200;

/** Queues messages while no server runs. */
async function fill(home: string, count: number): Promise<void> {
  const dir = join(home, 'queue');
  const { uid, gid } = statSync(dir);
  const store = await openLmdbQueue({ dir });
  const now = Math.floor(Date.now() / 1_000);
  for (let at = 0; at < count; at += 1_000) {
    const lot = Array.from({ length: 1_000 }, (_, n) => {
      const bytes = Buffer.from(`Subject: ${at + n}\r\n\r\n`);
      const envelope = { sender: 'a@b.test', recipients: [`r${at + n}@dest.test`] };
      return store.accept({
        origin: 'smtp',
        uid: 7,
        qp: 8,
        birth: now,
        ...envelope,
        body: { form: 'wire', bytes },
        unixSize: 14,
      });
    });
    await Promise.all(lot);
  }
  await store.close();
  for (const name of readdirSync(dir)) chownSync(join(dir, name), uid, gid);
}

test(`${backlog} queued messages: the greeting does not wait for them, none is missing, the oldest go first`, async (t) => {
  const ending = backwards(t);
  const order: string[] = [];
  const sink = await startKeepingSink(ending, {
    taken: ({ recipients }) => {
      if (order.length >= looked) return { accept: false, code: 450, text: 'enough' };
      order.push(...recipients);
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port, { concurrencyremote: '1' });
  await fill(home.path, backlog);
  const begun = performance.now();
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  const ms = Math.round(performance.now() - begun);
  let status: Status | undefined;
  // Its control socket may answer a moment after the first client has its greeting.
  await until('status answers', 20_000, async () => {
    status = await statusOf(server).catch(() => undefined);
    return status !== undefined;
  });
  t.diagnostic(
    `greeting after ${ms} ms, ${Math.round(pssMiB([server.pid('node') ?? 0]))} MiB, ${status?.counters['queue.messages']} queued`,
  );
  const queued = Number(status?.counters['queue.messages']);
  assert.ok(queued >= backlog - looked, `${queued} queued`);
  await until('the oldest have arrived', 60_000, () => order.length >= looked);
  assert.deepEqual(
    order,
    Array.from({ length: looked }, (_, n) => `r${n}@dest.test`),
  );
});
