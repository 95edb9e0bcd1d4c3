/**
 * Every flush of the queue takes two seconds, under load: fewer messages are taken, nobody is cut off, the memory stays as it
 * is, and the status says what limits.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { injectFdatasync, noStrace } from '../store/strace.js';
import { backwards, banner, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained, statusOf } from '../support/server-status.js';
import { Book } from './kill/book.js';
import { startBookingSink } from './kill/booking-sink.js';
import { Load } from './kill/load.js';
import { readMaildir } from './kill/rounds.js';

const senders = 40;
const delayMs = 2_000;
/** What the node may use more than before, while its senders wait. */
const mostGrowth = 64;

/** Resident memory of a process in MiB. */
function residentMebibytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}

test('flushes of two seconds: less is taken, nobody is cut off, memory stays, and the status tells', async (t) => {
  const why = noStrace();
  if (why !== undefined) return t.diagnostic(why);
  const ending = backwards(t);
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  const { port, maildir } = server.home;
  await banner(port);
  let hold = 200;
  const load = new Load({ port, senders, accepted: (n) => book.accept(n), hold: () => book.accepted >= hold });
  ending.after(() => load.stop());
  await until('200 messages are taken', 30_000, () => book.accepted >= hold);
  await drained(server);
  assert.equal((await statusOf(server))?.counters['queue.flushMs'] === undefined, false, 'the status knows of flushes');

  const node = server.pid('node') ?? 0;
  const before = residentMebibytes(node);
  const detach = await injectFdatasync(t, node, `delay_enter=${delayMs * 1000}`);
  const begun = { at: performance.now(), accepted: book.accepted, messages: load.begun };
  hold = book.accepted + 2 * senders;
  let told = 0;
  let most = before;
  await until('two messages of each sender are taken', 120_000, async () => {
    told = Math.max(told, Number((await statusOf(server))?.counters['queue.flushMs'] ?? 0));
    most = Math.max(most, residentMebibytes(node));
    return book.accepted >= hold;
  });
  const seconds = (performance.now() - begun.at) / 1000;
  const taken = book.accepted - begun.accepted;
  await detach();
  t.diagnostic(
    `${taken} messages in ${seconds.toFixed(1)} s; a flush of ${told} ms told; ${before.toFixed(0)} → ${most.toFixed(0)} MiB`,
  );
  assert.ok(seconds >= (2 * delayMs) / 1000, 'the flushes were waited for');
  assert.ok(told >= 0.9 * delayMs, `the status told of ${told} ms at most`);
  assert.ok(most - before < mostGrowth, `memory grew from ${before} to ${most} MiB`);
  // A sender that was cut off would have begun another message without an answer to the last.
  assert.ok(load.begun - begun.messages <= taken + senders, 'every message that was begun was answered');
  await load.stop();
  await drained(server);
  readMaildir(maildir, book);
  const { lost, altered, twiceLocal, twiceRemote } = book.verdict();
  assert.deepEqual({ lost, altered, twiceLocal, twiceRemote }, { lost: 0, altered: 0, twiceLocal: 0, twiceRemote: 0 });
});
