/**
 * Connections of a listener, once as LeanSockets and once as Node's own sockets: what a session sees of them is the same.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Connected } from '../../../src/actors/net/connected.js';
import { LeanSocket } from '../../../src/actors/net/lean-socket.js';
import { listen } from '../../../src/actors/net/listener.js';
import { readInto } from '../../../src/actors/net/read-into.js';
import { isStreamHandle } from '../../../src/actors/net/stream-handle.js';

type Kind = 'lean' | 'node';

interface Pair {
  readonly client: net.Socket;
  readonly server: Connected;
}

/** A connection whose server side is of one kind or the other, paused. */
async function pairOf(context: TestContext, kind: Kind): Promise<Pair> {
  let client: net.Socket | undefined;
  const server = await new Promise<Connected>((resolve, reject) => {
    const come = (socket: Connected): void => resolve(socket);
    const connect = (port: number): void => {
      client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    };
    if (kind === 'lean') {
      listen({ address: '127.0.0.1', port: 0 }, come).then((listener) => {
        context.after(() => void listener.close());
        connect(listener.port);
      }, reject);
      return;
    }
    const plain = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, come);
    plain.listen(0, '127.0.0.1', () => connect((plain.address() as net.AddressInfo).port));
    context.after(() => void plain.close());
  });
  assert.ok(client);
  const other = client;
  context.after(() => {
    other.destroy();
    server.destroy();
  });
  assert.equal(server instanceof LeanSocket, kind === 'lean');
  server.on('error', () => undefined);
  other.on('error', () => undefined);
  return { client: other, server };
}

function told(socket: Connected, event: 'end' | 'finish' | 'close' | 'drain'): Promise<void> {
  return new Promise((resolve) => socket.once(event, resolve));
}

async function textOf(client: net.Socket): Promise<string> {
  let text = '';
  client.setEncoding('latin1').on('data', (piece) => {
    text += piece;
  });
  await once(client, 'end');
  return text;
}

/** What waits in the kernel's buffers, and more. */
const large = Array.from({ length: 24 }, (_, index) => String.fromCharCode(65 + index).repeat(1 << 20));
const digest = (text: string): string => createHash('sha1').update(text, 'latin1').digest('hex');

function each(name: string, body: (context: TestContext, kind: Kind) => Promise<void>): void {
  for (const kind of ['lean', 'node'] as const) test(`${name} (${kind})`, (context) => body(context, kind));
}

each('octets come in, a pause holds them back, replies go out', async (context, kind) => {
  const { client, server } = await pairOf(context, kind);
  let heard = '';
  let more: () => void = () => undefined;
  readInto(server, (chunk) => {
    heard += chunk.toString('latin1');
    more();
  });
  const until = async (wanted: string): Promise<void> => {
    while (heard !== wanted) await new Promise<void>((resolve) => (more = resolve));
  };
  assert.equal(server.isPaused(), true);
  client.write('one');
  server.resume();
  await until('one');
  server.pause();
  client.write('two');
  // A round trip on another connection would prove no more: what matters is that nothing comes before resume.
  assert.equal(server.write('reply \xe9', 'latin1'), true);
  const [reply] = (await once(client, 'data')) as [Buffer];
  assert.equal(reply.toString('latin1'), 'reply \xe9');
  assert.equal(heard, 'one');
  server.resume();
  await until('onetwo');
  assert.equal(server.remoteAddress, client.localAddress);
  assert.equal(server.remotePort, client.localPort);
  assert.equal(server.localAddress, client.remoteAddress);
  assert.equal(server.localPort, client.remotePort);
});

each('a client that closes its side still gets its answer', async (context, kind) => {
  const { client, server } = await pairOf(context, kind);
  const ended = told(server, 'end');
  const closed = told(server, 'close');
  readInto(server, () => undefined);
  server.resume();
  client.end('question');
  await ended;
  assert.equal(server.destroyed, false);
  server.write('answer', 'latin1');
  server.end();
  assert.equal(await textOf(client), 'answer');
  await closed;
  assert.equal(server.destroyed, true);
});

each('a connection ended first lives until the client closes', async (context, kind) => {
  const { client, server } = await pairOf(context, kind);
  const closed = told(server, 'close');
  const finished = told(server, 'finish');
  readInto(server, () => undefined);
  server.write('bye', 'latin1');
  server.end();
  server.resume();
  assert.equal(await textOf(client), 'bye');
  await finished;
  assert.equal(server.destroyed, false);
  client.end('late words');
  await closed;
});

each('a reset closes and throws nothing', async (context, kind) => {
  const { client, server } = await pairOf(context, kind);
  const closed = told(server, 'close');
  readInto(server, () => undefined);
  server.resume();
  server.write('hello', 'latin1');
  await once(client, 'data');
  client.resetAndDestroy();
  await closed;
  assert.equal(server.destroyed, true);
  assert.equal(server.write('to nobody', 'latin1'), false);
  server.end();
  server.destroy();
});

each('replies that the client does not read wait, in order, and are told of', async (context, kind) => {
  const { client, server } = await pairOf(context, kind);
  readInto(server, () => undefined);
  client.pause();
  let results: boolean[] = [];
  let done = 0;
  for (const [index, text] of large.entries()) {
    const octets = index % 2 === 0 ? text : Buffer.from(text, 'latin1');
    results = [...results, server.write(octets, 'latin1', (error) => assert.equal(error ?? undefined, undefined, `${done++}`))];
  }
  assert.equal(results.at(-1), false);
  assert.ok(server.writableLength > 0);
  const drained = told(server, 'drain');
  const hash = createHash('sha1');
  let octets = 0;
  client.on('data', (piece) => {
    octets += piece.length;
    hash.update(piece);
  });
  client.resume();
  await drained;
  assert.equal(server.writableLength, 0);
  server.end();
  await once(client, 'end');
  assert.equal(done, large.length);
  assert.equal(octets, large.length << 20);
  assert.equal(hash.digest('hex'), digest(large.join('')));
});

each('an end behind replies that wait comes after them', async (context, kind) => {
  const { client, server } = await pairOf(context, kind);
  readInto(server, () => undefined);
  for (const text of large) server.write(text, 'latin1');
  server.end();
  assert.equal(digest(await textOf(client)), digest(large.join('')));
});

each('a connection cut while replies wait says so once', async (context, kind) => {
  const { client, server } = await pairOf(context, kind);
  readInto(server, () => undefined);
  client.pause();
  const failures: (Error | null | undefined)[] = [];
  let closes = 0;
  server.on('close', () => closes++);
  const settled = new Promise<void>((resolve) => {
    for (const [index, text] of large.entries()) {
      server.write(text, 'latin1', (error) => {
        failures.push(error);
        if (index === large.length - 1) resolve();
      });
    }
  });
  const closed = told(server, 'close');
  server.destroy();
  await Promise.all([settled, closed]);
  assert.ok(failures.at(-1) instanceof Error);
  server.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(closes, 1);
});

test('a listener is closed when the last of its connections is gone', async () => {
  let server: Connected | undefined;
  const listener = await listen({ address: '127.0.0.1', port: 0 }, (socket) => {
    server = socket;
    socket.write('x', 'latin1');
  });
  const client = net.connect(listener.port, '127.0.0.1');
  await once(client, 'data');
  let isClosed = false;
  const closed = listener.close().then(() => {
    isClosed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isClosed, false);
  server?.destroy();
  await closed;
  client.destroy();
});

test('what is no handle of a stream is not taken for one', () => {
  assert.equal(isStreamHandle({}), false);
  assert.equal(isStreamHandle({ onread: undefined, readStart: () => 0 }), false);
});
