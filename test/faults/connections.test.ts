/**
 * A thousand idle or dripping clients, and clients that break every rule: normal clients are served all the same,
 * and the node's memory stays where it is.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { pssMiB } from '../../bench/process/tree.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, type Ending, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { statusOf } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

const crowd = 1_000;

async function startServer(ending: Ending, control: Record<string, string> = {}): Promise<ServerProcess> {
  const sink = await startKeepingSink(ending, {});
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port, control));
  await banner(server.home.port);
  return server;
}

/** Holds `crowd` connections open; every other one writes an octet of a command that never ends, again and again. */
function holdCrowd(ending: Ending, port: number, addressOf: (at: number) => string): { readonly open: () => number } {
  const sockets = new Set<Socket>();
  for (let at = 0; at < crowd; at += 1) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: addressOf(at) });
    socket.on('error', () => undefined);
    socket.once('connect', () => sockets.add(socket));
    socket.once('close', () => sockets.delete(socket));
    socket.resume();
  }
  const drip = setInterval(() => {
    let at = 0;
    for (const socket of sockets) if (at++ % 2 === 0) socket.write('x');
  }, 1_000);
  ending.after(() => {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  });
  return { open: () => sockets.size };
}

for (const [who, addressOf] of [
  ['many addresses', (at: number) => `127.0.0.${2 + (at % 199)}`],
  ['one address', () => '127.0.0.2'],
] as const) {
  test(`${crowd} idle and dripping connections from ${who} do not keep others out`, async (t) => {
    const ending = backwards(t);
    const server = await startServer(ending);
    const { port } = server.home;
    const held = holdCrowd(ending, port, addressOf);
    await until('the crowd is there', 20_000, () => held.open() >= crowd);
    const { served, slowest } = await serveNormal(port, 100);
    t.diagnostic(`${served} of 100 served, the slowest in ${slowest.toFixed(0)} ms, ${held.open()} connections held`);
    assert.ok(served >= 95, `only ${served} of 100 were served`);
  });
}

/** Normal clients, one after another. */
async function serveNormal(port: number, clients: number): Promise<{ readonly served: number; readonly slowest: number }> {
  let [served, slowest] = [0, 0];
  for (let n = 0; n < clients; n += 1) {
    const begun = performance.now();
    const client = await (await SmtpDialogue.open(port)).greet();
    const answer = await client.send(['box@dest.test'], `Subject: ${n}\r\n\r\n`);
    if (answer.startsWith('250')) served += 1;
    slowest = Math.max(slowest, performance.now() - begun);
    client.close();
  }
  return { served, slowest };
}

test('a server whose places are held by whoever came first serves nobody else, and that is seen', async (t) => {
  const ending = backwards(t);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write('220 naive ESMTP\r\n');
  });
  server.maxConnections = 100;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  holdCrowd(ending, port, () => '127.0.0.2');
  await until('the places are taken', 20_000, () => sockets.size >= 100);
  assert.equal((await serveNormal(port, 5)).served, 0);
});

/** Opens a connection, writes everything and gathers what the server says until it closes or `patienceMs` pass. */
async function pour(port: number, pieces: Iterable<string | Buffer>, patienceMs = 20_000): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  const closed = new Promise<void>((settle) => socket.once('close', () => settle()));
  socket.on('error', () => undefined);
  const timer = setTimeout(() => socket.destroy(), patienceMs);
  for (const piece of pieces) {
    if (socket.destroyed) break;
    if (!socket.write(piece)) await Promise.race([closed, new Promise((settle) => socket.once('drain', settle))]);
  }
  await closed;
  clearTimeout(timer);
  return said;
}

function* repeated(piece: Buffer, octets: number): Iterable<Buffer> {
  for (let at = 0; at < octets; at += piece.length) yield piece;
}

function* inOrder(...parts: readonly (string | Buffer | Iterable<Buffer>)[]): Iterable<string | Buffer> {
  for (const part of parts) {
    if (typeof part === 'string' || Buffer.isBuffer(part)) yield part;
    else yield* part;
  }
}

const mebibyte = 1_048_576;
const opening = 'EHLO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<box@dest.test>\r\nDATA\r\n';

/** What a client pours in, and what the server must have said by the end. */
const tortures: readonly { readonly what: string; readonly pieces: () => Iterable<string | Buffer>; readonly said: RegExp }[] = [
  { what: 'a command line of 5,000 octets', pieces: () => [`EHLO ${'a'.repeat(5_000)}\r\nNOOP\r\nQUIT\r\n`], said: /^5\d\d /m },
  { what: 'NULs in commands', pieces: () => ['EH\0LO x\r\nMAIL FROM:<a\0b@c.test>\r\nNOOP\0\r\nQUIT\r\n'], said: /^5\d\d /m },
  {
    what: '10 MB without a line end',
    pieces: () => inOrder(repeated(Buffer.alloc(65_536, 'y'), 10 * mebibyte), '\r\nQUIT\r\n'),
    said: /^5\d\d /m,
  },
  { what: 'a bare LF in the body', pieces: () => [`${opening}a\nb\r\n.\r\nQUIT\r\n`], said: /^451 /m },
  { what: 'a bare CR in the body', pieces: () => [`${opening}a\rb\r\n.\r\nQUIT\r\n`], said: /^550 /m },
  {
    what: 'a bare LF in the body and 4 MB behind it',
    pieces: () => inOrder(`${opening}a\nb\r\n`, repeated(Buffer.from(`${'c'.repeat(62)}\r\n`.repeat(1_024)), 4 * mebibyte)),
    said: /^451 /m,
  },
  {
    what: 'garbage sent ahead',
    pieces: () => [Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7_919 + (at >> 3)) % 256)), '\r\nQUIT\r\n'],
    said: /^5\d\d /m,
  },
  {
    what: '100,000 header fields',
    pieces: () => inOrder(opening, repeated(Buffer.from('X:y\r\n'.repeat(1_000)), 5 * 100_000), '\r\n.\r\nQUIT\r\n'),
    said: /^250 .*qp/m,
  },
  {
    what: 'a header of 2 MB',
    pieces: () => inOrder(opening, repeated(Buffer.from(`X-A: ${'b'.repeat(70)}\r\n`), 2 * mebibyte), '\r\n.\r\nQUIT\r\n'),
    said: /^(250 .*qp|5\d\d) /m,
  },
];

test('clients that break the rules get their answer, and the node stays as it is', async (t) => {
  const ending = backwards(t);
  const server = await startServer(ending, { databytes: '100000000' });
  const { port } = server.home;
  const node = server.pid('node') ?? 0;
  await pour(port, [`${opening}\r\n.\r\nQUIT\r\n`]);
  const before = pssMiB([node]);
  for (const { what, pieces, said } of tortures) {
    const heard = await pour(port, pieces());
    assert.match(heard, said, `${what}: ${heard.slice(-200)}`);
  }
  const grown = pssMiB([node]) - before;
  t.diagnostic(`memory of the node: ${before.toFixed(0)} MiB, ${grown.toFixed(0)} MiB more afterwards`);
  assert.ok(grown < 64, `the node grew by ${grown} MiB`);
  assert.equal(server.pid('node'), node);
});

test('20,000 recipients: those beyond the limit get 452, the others stay', async (t) => {
  const ending = backwards(t);
  const { home } = await startServer(ending, { maxrcpt: '10000', concurrencyremote: '0' });
  const client = await (await SmtpDialogue.open(home.port)).greet();
  await client.say('MAIL FROM:<>');
  const codes = new Map<string, number>();
  for (let sent = 0; sent < 20_000; sent += 1_000) {
    client.socket.write('RCPT TO:<box@dest.test>\r\n'.repeat(1_000));
    for (let at = 0; at < 1_000; at += 1) {
      const code = (await client.reply()).slice(0, 3);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (code === '421' || code === 'clo') return assert.fail(`ended: ${JSON.stringify([...codes])}`);
    }
  }
  assert.deepEqual([...codes].sort(), [
    ['250', 10_000],
    ['452', 10_000],
  ]);
  assert.match(await client.say('DATA'), /^354 /);
  assert.match(await client.say('\r\n.'), /^250 /);
});

test('30 MiB messages leave the memory of the node flat, and one cut off in its body is forgotten', async (t) => {
  const ending = backwards(t);
  const server = await startServer(ending, { concurrencyremote: '0' });
  const { port } = server.home;
  const node = server.pid('node') ?? 0;
  const line = Buffer.from(`${'z'.repeat(76)}\r\n`.repeat(840));
  const large = (): Iterable<string | Buffer> =>
    inOrder(opening, 'Subject: large\r\n\r\n', repeated(line, 30 * mebibyte), '.\r\nQUIT\r\n');
  assert.match(await pour(port, large()), /^250 .*qp/m);
  const before = pssMiB([node]);
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, pssMiB([node]));
  }, 100);
  const answers = await Promise.all([pour(port, large()), pour(port, large()), pour(port, large())]);
  clearInterval(sampling);
  for (const answer of answers) assert.match(answer, /^250 .*qp/m);
  t.diagnostic(`memory of the node: ${before.toFixed(0)} MiB, at most ${most.toFixed(0)} MiB with three at a time`);
  assert.ok(most - before < 64, `the node grew by ${most - before} MiB`);

  const cut = connect(port, '127.0.0.1');
  cut.on('error', () => undefined);
  cut.write(opening);
  await new Promise((settle) => cut.write(line, settle));
  cut.destroy();
  await until('the cut session is gone', 10_000, async () => (await statusOf(server))?.counters['smtpd.connections'] === 0);
  assert.equal((await statusOf(server))?.counters['queue.messages'], 4);
});

test('a client that never reads is cut off; the descriptor comes back', async (t) => {
  const ending = backwards(t);
  const server = await startServer(ending);
  const socket = connect(server.home.port, '127.0.0.1');
  ending.after(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.pause();
  const noops = Buffer.from('NOOP\r\n'.repeat(10_000));
  const closed = new Promise<void>((settle) => socket.once('close', () => settle()));
  const pouring = setInterval(() => {
    if (socket.writableLength < 10 * noops.length) socket.write(noops);
  }, 5);
  await until('the server has it no more', 30_000, async () => (await statusOf(server))?.counters['smtpd.connections'] === 0);
  clearInterval(pouring);
  socket.destroy();
  await closed;
});
