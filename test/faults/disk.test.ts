/**
 * The queue's disk fills up, fails or is slow, under a running server: 4xx and never a lost message, and all well again
 * as soon as the disk is.
 */
import assert from 'node:assert/strict';
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { injectFdatasync, noStrace } from '../store/strace.js';
import { mountSmallDisk, noMount } from '../support/disk.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, type MailHome, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained, statusOf } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';
import { Book } from './kill/book.js';
import { startBookingSink } from './kill/booking-sink.js';
import { Load } from './kill/load.js';
import { numbered } from './kill/numbered.js';

/** Moves the queue of a home, with all that is in it, to a disk of its own. */
function queueOnSmallDisk(ending: Parameters<typeof mountSmallDisk>[0], home: MailHome, mebibytes: number): string {
  const queue = join(home.path, 'queue');
  const { uid, gid } = statSync(queue);
  rmSync(queue, { recursive: true });
  mkdirSync(queue);
  mountSmallDisk(ending, queue, mebibytes);
  chownSync(queue, uid, gid);
  return queue;
}

const message = (n: number): string => numbered(n).toString('latin1');

test('a full disk gets 452 and loses nothing; with space again mail is taken within five seconds', async (t) => {
  const why = noMount();
  if (why !== undefined) return t.diagnostic(why);
  const ending = backwards(t);
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  const home = await makeMailHome(openFolder(ending), sink.port, { queuereserve: '2000000', concurrencyremote: '0' });
  const queue = queueOnSmallDisk(ending, home, 24);
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  const parent = server.child.pid;
  const client = await (await SmtpDialogue.open(home.port)).greet();
  let n = 0;
  let answer = '';
  const fill = async (most: number): Promise<void> => {
    for (const end = n + most; n < end; n += 1) {
      answer = await client.send(['box@dest.test'], message(n));
      if (!answer.startsWith('250')) return;
      book.accept(n);
    }
  };
  await fill(20_000);
  assert.match(answer, /^45[12] /, 'the full disk is told');
  t.diagnostic(`${n} messages until: ${answer}`);
  // Others fill the rest of the disk to the last octet.
  const filler = join(queue, 'filler');
  fillDisk(filler);
  await fill(3);
  assert.match(answer, /^45[12] /);
  await client.say('RSET');
  assert.match(await client.say('NOOP'), /^250 /);

  writeFileSync(join(home.path, 'control/concurrencyremote'), '20\n');
  server.child.kill('SIGHUP');
  await until('deliveries go on while the disk is full', 20_000, () => book.behind < n / 2);
  rmSync(filler);
  const freed = performance.now();
  await until('mail is taken again', 5_000, async () => {
    await client.say('RSET');
    await fill(1);
    return answer.startsWith('250');
  });
  t.diagnostic(`accepted again ${Math.round(performance.now() - freed)} ms after space was back`);
  await drained(server);
  const { accepted, deliveredRemote, altered } = book.verdict();
  assert.deepEqual({ deliveredRemote, altered }, { deliveredRemote: accepted, altered: 0 });
  assert.equal(server.child.pid, parent);
  assert.equal(server.child.exitCode, null);
  assert.deepEqual(
    readdirSync(join(queue, 'body')).filter((name) => name !== 'trash'),
    [],
    'no body file is left',
  );
  assert.ok(!existsSync(filler));
});

function fillDisk(path: string): void {
  const piece = Buffer.alloc(65_536);
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) writeFileSync(path, piece.subarray(0, size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

test('failing flushes: 451 and never 250, the node starts anew, nothing is lost', async (t) => {
  const why = noStrace();
  if (why !== undefined) return t.diagnostic(why);
  const ending = backwards(t);
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  const { port } = server.home;
  await banner(port);
  let wanted = 10;
  const load = new Load({ port, senders: 2, accepted: (n) => book.accept(n), hold: () => book.accepted >= wanted });
  ending.after(() => load.stop());
  await until('ten messages are accepted', 10_000, () => book.accepted >= wanted);
  await drained(server);

  const node = server.pid('node') ?? 0;
  const detach = await injectFdatasync(t, node, 'error=EIO');
  const client = await (await SmtpDialogue.open(port)).greet();
  assert.match(await client.send(['box@dest.test'], message(900_000)), /^451 |^closed$/);
  await server.seen(/alert: node ended/);
  await detach();
  wanted = book.accepted + 10;
  await until('the new node accepts mail', 20_000, () => book.accepted >= wanted);
  assert.notEqual(server.pid('node'), node);
  await load.stop();
  await drained(server);
  assert.equal(book.behind, 0);
  assert.equal((await statusOf(server))?.counters['queue.messages'], 0);
});

test('slow flushes: no 250 before the flush, and other sessions are answered meanwhile', async (t) => {
  const why = noStrace();
  if (why !== undefined) return t.diagnostic(why);
  const ending = backwards(t);
  const sink = await startKeepingSink(ending, {});
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port, { concurrencyremote: '0' }));
  const { port } = server.home;
  await banner(port);
  const [sender, other] = [await (await SmtpDialogue.open(port)).greet(), await (await SmtpDialogue.open(port)).greet()];
  await sender.send(['box@dest.test'], message(0));
  const delayMs = 300;
  const detach = await injectFdatasync(t, server.pid('node') ?? 0, `delay_enter=${delayMs * 1000}`);
  const begun = performance.now();
  const taken = sender.send(['box@dest.test'], message(1)).then((answer) => ({ answer, ms: performance.now() - begun }));
  let slowest = 0;
  for (let i = 0; i < 20; i += 1) {
    const asked = performance.now();
    assert.match(await other.say('NOOP'), /^250 /);
    slowest = Math.max(slowest, performance.now() - asked);
  }
  const { answer, ms } = await taken;
  await detach();
  t.diagnostic(`250 after ${Math.round(ms)} ms; slowest NOOP meanwhile ${slowest.toFixed(1)} ms`);
  assert.match(answer, /^250 /);
  assert.ok(ms >= delayMs, `250 after ${ms} ms, before the flush was over`);
  assert.ok(slowest < delayMs, `a NOOP took ${slowest} ms`);
});
