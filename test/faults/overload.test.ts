/**
 * Others are slow for ever, and mail goes on: nobody reads the log, a destination takes nothing after it has connected.
 * The memory of the node stays bounded meanwhile.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, type Ending, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained, statusOf } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';
import { Book } from './kill/book.js';
import { startBookingSink } from './kill/booking-sink.js';
import { Load } from './kill/load.js';

/** Most resident octets of the process so far, in MiB. */
function peakMiB(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}

/** A server that greets one octet a second for ever. */
async function startDripping(ending: Ending): Promise<{ readonly port: number; readonly clients: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const timer = setInterval(() => socket.write('2'), 1_000);
    socket.once('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    get clients() {
      return sockets.size;
    },
  };
}

test('a log that nobody reads holds no mail up, and goes on when somebody does', async (t) => {
  const ending = backwards(t);
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  await banner(server.home.port);
  const node = server.pid('node') ?? 0;
  const before = peakMiB(node);
  server.child.stdout?.pause();
  // A message is about a kilobyte of log: a pipe holds 64 of them.
  const wanted = 1_000;
  const load = new Load({
    port: server.home.port,
    senders: 6,
    accepted: (n) => book.accept(n),
    hold: () => book.accepted >= wanted,
  });
  ending.after(() => load.stop());
  await until('a thousand messages are taken', 60_000, () => book.accepted >= wanted);
  await load.stop();
  await drained(server);
  assert.equal(book.behind, 0, 'and delivered');
  assert.equal(server.pid('node'), node);
  t.diagnostic(`peak of the node ${Math.round(before)} MiB before, ${Math.round(peakMiB(node))} MiB after`);
  assert.ok(peakMiB(node) < before + 128);
  server.child.stdout?.resume();
  const client = await (await SmtpDialogue.open(server.home.port)).greet();
  assert.match(await client.send(['box@dest.test'], 'Subject: after\r\n\r\n'), /^250 /);
  await server.seen(/log lines dropped|^end msg 10\d\d$/);
});

test('a destination that drips takes the slots that it has, and other mail flows', async (t) => {
  const ending = backwards(t);
  const arrived: string[] = [];
  const sink = await startKeepingSink(ending, {
    taken: ({ recipients }) => {
      arrived.push(...recipients);
      return { accept: true };
    },
  });
  const dripping = await startDripping(ending);
  const home = await makeMailHome(openFolder(ending), sink.port, { concurrencyremote: '10' });
  writeFileSync(join(home.path, 'control/smtproutes'), `slow.test:[127.0.0.1]:${dripping.port}\n:[127.0.0.1]:${sink.port}\n`);
  writeFileSync(join(home.path, 'control/rcpthosts'), 'dest.test\nslow.test\n');
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  const client = await (await SmtpDialogue.open(home.port)).greet();
  for (let n = 0; n < 6; n += 1) assert.match(await client.send([`u${n}@slow.test`], `Subject: ${n}\r\n\r\n`), /^250 /);
  await until('six deliveries hang', 20_000, () => dripping.clients >= 1);
  for (let n = 0; n < 20; n += 1) assert.match(await client.send([`u${n}@dest.test`], `Subject: ${n}\r\n\r\n`), /^250 /);
  await until('all others have arrived', 20_000, () => arrived.length === 20);
  const status = await statusOf(server);
  assert.equal(status?.counters['queue.messages'], 6);
  t.diagnostic(`slots in use ${status?.counters['send.slots.remote']}, dripping connections ${dripping.clients}`);
  await server.killAll();
});
