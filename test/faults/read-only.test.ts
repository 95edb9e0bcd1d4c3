/**
 * The queue's disk turns read-only: 4xx and never 250 while it is, and all accepted mail is there when it can be written
 * again. A server that is started on such a disk says so and does not run.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inject, noStrace } from '../store/strace.js';
import { mountSmallDisk, noMount } from '../support/disk.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, makeMailHome, openFolder, until } from '../support/server-home.js';
import { launcher, ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';
import { Book } from './kill/book.js';
import { startBookingSink } from './kill/booking-sink.js';
import { Load } from './kill/load.js';
import { numbered } from './kill/numbered.js';

test('a disk that takes no more writes: 451, never 250, and nothing is lost', async (t) => {
  const why = noStrace();
  if (why !== undefined) return t.diagnostic(why);
  const ending = backwards(t);
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  // Deliveries are held: what is accepted before must be in the queue after.
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port, { concurrencyremote: '0' }));
  const { port } = server.home;
  await banner(port);
  let wanted = 10;
  const load = new Load({ port, senders: 2, accepted: (n) => book.accept(n), hold: () => book.accepted >= wanted });
  ending.after(() => load.stop());
  await until('ten messages are accepted', 10_000, () => book.accepted >= wanted);

  const node = server.pid('node') ?? 0;
  // The node that cannot write ends soon, and the next one can: both must be clients of this one.
  const clients = [await SmtpDialogue.open(port), await SmtpDialogue.open(port)];
  for (const client of clients) await client.greet();
  // What the queue and its body files are written with, and no socket.
  const detach = await inject(t, node, 'pwrite64,pwritev,pwritev2,fdatasync,fsync,ftruncate', 'error=EROFS');
  for (const [index, client] of clients.entries()) {
    assert.match(await client.send(['box@dest.test'], numbered(900_000 + index).toString('latin1')), /^45[12] |^421 |^closed$/);
    client.close();
  }
  await server.seen(/alert: node ended/);
  await detach();
  wanted = book.accepted + 10;
  await until('the new node accepts mail', 20_000, () => book.accepted >= wanted);
  await load.stop();
  writeFileSync(join(server.home.path, 'control/concurrencyremote'), '20\n');
  server.child.kill('SIGHUP');
  await drained(server);
  assert.equal(book.behind, 0);
  assert.equal(book.verdict().altered, 0);
});

test('a server on a read-only queue does not start and says why; written again it has its mail', async (t) => {
  const why = noMount();
  if (why !== undefined) return t.diagnostic(why);
  const ending = backwards(t);
  const arrived: string[] = [];
  const sink = await startKeepingSink(ending, {
    taken: ({ recipients }) => {
      arrived.push(...recipients);
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port, { concurrencyremote: '0', queuereserve: '2000000' });
  const queue = join(home.path, 'queue');
  const { uid, gid } = statSync(queue);
  rmSync(queue, { recursive: true });
  mkdirSync(queue);
  mountSmallDisk(ending, queue, 24);
  await chown(queue, uid, gid);
  const first = new ServerProcess(ending, home);
  await banner(home.port);
  const client = await (await SmtpDialogue.open(home.port)).greet();
  assert.match(await client.send(['box@dest.test'], 'Subject: kept\r\n\r\n'), /^250 /);
  client.close();
  await first.stop();

  assert.equal(spawnSync('mount', ['-o', 'remount,ro', queue]).status, 0);
  const refused = spawnSync(launcher, ['start', '--home', home.path], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(refused.status, 111, refused.stdout + refused.stderr);
  assert.match(refused.stderr, /read-only/i);
  assert.equal(spawnSync('mount', ['-o', 'remount,rw', queue]).status, 0);

  const next = new ServerProcess(ending, home);
  await banner(home.port);
  writeFileSync(join(home.path, 'control/concurrencyremote'), '20\n');
  next.child.kill('SIGHUP');
  await drained(next);
  assert.deepEqual(arrived, ['box@dest.test']);
});
