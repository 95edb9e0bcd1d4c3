/**
 * Clients that are given away over a unix connection: the other side talks to them itself, a refused one is still ours, and links that
 * break or lie open nothing.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mailLinks } from '../../src/actors/lspawn/mail-links.js';
import type { Asker } from '../../src/actors/lspawn/mailboxes.js';
import type { Connected } from '../../src/actors/net/connected.js';
import { LeanSocket } from '../../src/actors/net/lean-socket.js';
import { listen } from '../../src/actors/net/listener.js';
import { Gifts } from '../../src/actors/pop3d/gifts.js';
import { connectForDescriptors, giveDescriptor } from '../../src/actors/spawn/descriptor-socket.js';
import { encodeGift, endsOf, largestGift } from '../../src/actors/spawn/mailbox-gift.js';
import { busyLine, type MailboxRequest, refusedLine, troubleLine } from '../../src/actors/spawn/mailbox-request.js';
import { backwards, openFolder, until } from '../support/server-home.js';

const request: MailboxRequest = { user: 'joe', secret: 'secret', apop: false, timestamp: '' };
const none = (): Uint8Array => new Uint8Array(0);
const waitMs = 20_000;

interface House {
  readonly path: string;
  readonly askers: Asker[];
  readonly asked: MailboxRequest[];
  readonly links: Server;
  readonly told: string[];
  /** A client, and the server's end of its connection. */
  pair(): Promise<{ readonly client: Socket; readonly socket: LeanSocket; said(): string }>;
}

async function openHouse(t: TestContext): Promise<House> {
  const path = join(openFolder(backwards(t)), 'links');
  const askers: Asker[] = [];
  const asked: MailboxRequest[] = [];
  const told: string[] = [];
  const ask = async (asker: Asker, wanted: MailboxRequest): Promise<void> => {
    askers.push(asker);
    asked.push(wanted);
  };
  const links = mailLinks({ mailboxes: { ask }, log: (line) => told.push(line) }).listen(path);
  const arrived: Connected[] = [];
  const [listener] = await Promise.all([
    listen({ address: '127.0.0.1', port: 0 }, (socket) => void arrived.push(socket)),
    once(links, 'listening'),
  ]);
  const open: { destroy(): unknown }[] = [];
  t.after(() => {
    links.close();
    void listener.close();
    for (const socket of open) socket.destroy();
    for (const { socket } of askers) socket.destroy();
  });
  const pair = async () => {
    const client = connect(listener.port, '127.0.0.1');
    await until('the connection', waitMs, async () => arrived.length > 0);
    const socket = arrived.shift() as LeanSocket;
    assert.ok(socket instanceof LeanSocket);
    open.push(client, socket);
    let text = '';
    client.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
    });
    return { client, socket, said: () => text };
  };
  return { path, askers, asked, links, told, pair };
}

const asker = async (house: House, n: number): Promise<Asker> => {
  await until(`request ${n}`, waitMs, async () => house.askers.length >= n);
  return house.askers[n - 1] as Asker;
};

test('a client is given away: the taker talks with it, the giver hears how it goes and can end it', async (t) => {
  const house = await openHouse(t);
  const gifts = new Gifts(house.path);
  const { client, socket, said } = await house.pair();
  const opened = gifts.open(request, { socket, rest: () => new TextEncoder().encode('STAT\r\n') });
  const taken = await asker(house, 1);
  assert.deepEqual(house.asked, [request]);
  assert.equal(Buffer.from(taken.rest).toString(), 'STAT\r\n');
  let ended = 0;
  taken.held({ end: () => (ended += 1) });
  const given = await opened;
  assert.equal(given !== 'unfit' && given.tag, 'given');
  if (given === 'unfit' || given.tag !== 'given') return;
  const heard: string[] = [];
  given.hear(
    () => heard.push('alive'),
    () => heard.push('over'),
  );
  socket.destroy();
  taken.socket.write('+OK from another\r\n');
  client.write('NOOP\r\n');
  const [piece] = (await once(taken.socket.resume(), 'data')) as [Buffer];
  assert.equal(piece.toString(), 'NOOP\r\n');
  await until('its answer', waitMs, async () => said() === '+OK from another\r\n');
  taken.alive();
  await until('a sign of life', waitMs, async () => heard.length === 1);
  given.end();
  await until('the end that was asked for', waitMs, async () => ended === 1);
  taken.over();
  await until('the end', waitMs, async () => heard.length === 2);
  assert.deepEqual(heard, ['alive', 'over']);
  const late: string[] = [];
  given.hear(
    () => undefined,
    () => late.push('over'),
  );
  assert.deepEqual(late, ['over']);
});

test('who is refused is still the giver’s to answer', async (t) => {
  const house = await openHouse(t);
  const gifts = new Gifts(house.path);
  const lines = [refusedLine, busyLine, troubleLine];
  for (const [n, line] of lines.entries()) {
    const { client, socket, said } = await house.pair();
    const opened = gifts.open(request, { socket, rest: none });
    (await asker(house, n + 1)).refuse(line);
    const answer = await opened;
    assert.equal(answer !== 'unfit' && answer.tag, ['refused', 'busy', 'trouble'][n]);
    socket.write(line, 'latin1');
    socket.end();
    await once(client, 'end');
    assert.equal(said(), line);
  }
});

test('a link that breaks: what waited is trouble, what ran is over, the next one gets a new link', async (t) => {
  const house = await openHouse(t);
  const gifts = new Gifts(house.path);
  assert.equal((await trouble(new Gifts(`${house.path}-not-there`), house)).tag, 'trouble');
  const one = await house.pair();
  const first = gifts.open(request, { socket: one.socket, rest: none });
  (await asker(house, 1)).held({ end: () => undefined });
  const given = await first;
  const heard: string[] = [];
  if (given !== 'unfit' && given.tag === 'given')
    given.hear(
      () => undefined,
      () => heard.push('over'),
    );
  const two = await house.pair();
  const second = gifts.open(request, { socket: two.socket, rest: none });
  await asker(house, 2);
  // An answer that makes no sense ends the link.
  (await asker(house, 2)).refuse('x'.repeat(7 * 1024 * 1024));
  const answer = await second;
  assert.equal(answer !== 'unfit' && answer.tag, 'trouble');
  await until('the end of the other session', waitMs, async () => heard.length === 1);
  const three = await house.pair();
  const third = gifts.open(request, { socket: three.socket, rest: none });
  (await asker(house, 3)).refuse(refusedLine);
  assert.deepEqual(await third, { tag: 'refused' });
});

async function trouble(gifts: Gifts, house: House): Promise<{ readonly tag: string }> {
  const { socket } = await house.pair();
  const opened = await gifts.open(request, { socket, rest: none });
  return opened === 'unfit' ? { tag: opened } : opened;
}

test('a connection that reads ahead is not given away', async (t) => {
  const house = await openHouse(t);
  const { client } = await house.pair();
  assert.equal(await new Gifts(house.path).open(request, { socket: client, rest: none }), 'unfit');
});

test('what does not fit goes another way; a request with another one’s connection opens nothing', async (t) => {
  const house = await openHouse(t);
  const one = await house.pair();
  const long = { ...request, secret: 'x'.repeat(largestGift) };
  assert.equal(await new Gifts(house.path).open(long, { socket: one.socket, rest: none }), 'unfit');
  const two = await house.pair();
  const link = connectForDescriptors(house.path);
  assert.ok(link !== undefined);
  await once(link, 'connect');
  const gift = encodeGift({ id: 1, request, ends: endsOf(two.socket), rest: none() });
  assert.ok(giveDescriptor(link, gift, one.socket.handle));
  await once(link.resume(), 'close');
  assert.deepEqual(house.askers, []);
  assert.match(house.told.join('\n'), /^lspawnd: malformed request for a mailbox, connection closed$/);
  one.socket.write('still here\r\n', 'latin1');
  one.socket.end();
  await once(one.client, 'end');
  assert.equal(one.said(), 'still here\r\n');
});
