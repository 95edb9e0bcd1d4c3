/**
 * A mailbox session on the bare handle, as a user's process leads it: commands that come together, large messages, clients that do
 * not read or leave, and that others are served meanwhile.
 */
import assert from 'node:assert/strict';
import { mkdirSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/actors/kernel/clock.js';
import type { Connected } from '../../src/actors/net/connected.js';
import { LeanSocket } from '../../src/actors/net/lean-socket.js';
import { leanConnection } from '../../src/actors/net/take-handle.js';
import { MailboxClient } from '../../src/actors/pop3d/mailbox-client.js';
import { backwards, openFolder, until } from '../support/server-home.js';

const waitMs = 20_000;
const small = (n: number): string => `Subject: ${n}\n\n.${'x'.repeat(n)}\nlast without its end`;
const smallSent = (n: number): string => `+OK \r\nSubject: ${n}\r\n\r\n..${'x'.repeat(n)}\r\nlast without its end\r\n\r\n.\r\n`;
const line = `.${'y'.repeat(70)}\n`;
/** Longer than what is read at once. */
const large = `Subject: large\n\n${line.repeat(5_000)}`;
const largeSent = `+OK \r\n${large.replace(/\n/g, '\r\n').replace(/\r\n\./g, '\r\n..')}\r\n.\r\n`;

interface House {
  readonly maildir: string;
  /** Sessions that are over. */
  over(): number;
  /** A client, and its connection on this side. */
  dial(rest?: string): Promise<{ readonly client: Socket; readonly here: Connected; said(): string; ended: Promise<void> }>;
}

async function openHouse(t: TestContext): Promise<House> {
  const ending = backwards(t);
  const maildir = join(openFolder(ending), 'Maildir');
  for (const name of ['new', 'cur', 'tmp']) mkdirSync(join(maildir, name), { recursive: true });
  const messages = [small(1), small(2), large, small(4)];
  for (const [n, text] of messages.entries()) {
    writeFileSync(join(maildir, 'cur', `m${n + 1}:2,`), text);
    utimesSync(join(maildir, 'cur', `m${n + 1}:2,`), n + 1, n + 1);
  }
  let over = 0;
  const rests: string[] = [];
  const arrived: Connected[] = [];
  // As a connection comes from another process.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const lean = leanConnection(socket);
    arrived.push(lean);
    void new MailboxClient(lean, systemClock, () => {
      over += 1;
    }).begin({ maildir, rest: rests.shift() ?? '' });
  }).listen(0, '127.0.0.1');
  await new Promise((settle) => server.once('listening', settle));
  const { port } = server.address() as { port: number };
  const clients: Socket[] = [];
  ending.after(() => {
    for (const one of [...clients, ...arrived]) one.destroy();
    server.close();
  });
  const dial = async (rest = '') => {
    rests.push(rest);
    const before = arrived.length;
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('latin1');
    clients.push(client);
    let text = '';
    client.on('error', () => undefined);
    const ended = new Promise<void>((settle) => client.once('close', settle).once('end', settle));
    client.on('data', (piece: string) => {
      text += piece;
    });
    await until('the connection', waitMs, async () => arrived.length > before);
    return { client, here: arrived[before] as Connected, said: () => text, ended };
  };
  return { maildir, over: () => over, dial };
}

test('commands that come together are answered in order: small, large, vanished, cut, and what was said before', async (t) => {
  const house = await openHouse(t);
  unlinkSync(join(house.maildir, 'cur/m4:2,'));
  writeFileSync(join(house.maildir, 'cur/m5:2,'), small(5));
  utimesSync(join(house.maildir, 'cur/m5:2,'), 5, 5);
  const { client, said, here, ended } = await house.dial('RETR 1\r\nNO');
  assert.ok(here instanceof LeanSocket);
  await until('the answer', waitMs, async () => said() === `+OK \r\n${smallSent(1)}`);
  unlinkSync(join(house.maildir, 'cur/m2:2,'));
  client.end('OP\r\nRETR 3\r\nRETR 2\r\nTOP 4 1\r\nTOP 3 2\r\nRETR 4\r\nSTAT\r\nQUIT\r\nNOOP\r\n');
  await ended;
  const first = largeSent.slice(0, largeSent.indexOf('\r\n..') + 2);
  const expected = [
    `+OK \r\n${smallSent(1)}+OK \r\n`,
    largeSent,
    '-ERR unable to open that message\r\n',
    `+OK \r\nSubject: 5\r\n\r\n..xxxxx\r\n\r\n.\r\n`,
    `${first}${`.${line.replace('\n', '\r\n')}`.repeat(2)}\r\n.\r\n`,
    smallSent(5),
  ].join('');
  assert.equal(said().slice(0, expected.length), expected);
  assert.match(said().slice(expected.length), /^\+OK 4 \d+\r\n\+OK \r\n$/);
  await until('the end', waitMs, async () => house.over() === 1);
});

test('a client that does not read holds a bounded piece, others are served, and it gets all when it reads', async (t) => {
  const house = await openHouse(t);
  const slow = await house.dial();
  await until('the greeting', waitMs, async () => slow.said() === '+OK \r\n');
  slow.client.pause();
  const times = 60;
  slow.client.write('RETR 3\r\nRETR 1\r\n'.repeat(times));
  await until('octets that wait', waitMs, async () => slow.here.writableLength > 0);
  const other = await house.dial();
  for (let n = 0; n < 20; n++) {
    const before = other.said().length;
    other.client.write('RETR 2\r\n');
    await until('an answer', waitMs, async () => other.said().length >= before + smallSent(2).length);
    assert.ok(slow.here.writableLength < 400_000, `${slow.here.writableLength} octets wait`);
  }
  slow.client.resume();
  slow.client.end('QUIT\r\n');
  await slow.ended;
  assert.equal(slow.said(), `+OK \r\n${(largeSent + smallSent(1)).repeat(times)}+OK \r\n`);
});

test('a client that leaves in the middle of a message, or is ended, is over once', async (t) => {
  const house = await openHouse(t);
  const leaving = await house.dial();
  leaving.client.pause();
  leaving.client.write('RETR 3\r\n'.repeat(100));
  await until('octets that wait', waitMs, async () => leaving.here.writableLength > 0);
  leaving.client.destroy();
  await until('the end', waitMs, async () => house.over() === 1);
  const ended = await house.dial();
  ended.here.destroy();
  await until('the end of the other', waitMs, async () => house.over() === 2);
});

test('many small commands in one packet leave others their turn', async (t) => {
  const house = await openHouse(t);
  const greedy = await house.dial();
  const other = await house.dial();
  await until('the greetings', waitMs, async () => greedy.said() !== '' && other.said() !== '');
  const count = 20_000;
  greedy.client.write('RETR 1\r\n'.repeat(count));
  await until('an answer', waitMs, async () => greedy.said().length > 1_000);
  other.client.write('NOOP\r\n');
  await until('the answer to the other', waitMs, async () => other.said() === '+OK \r\n+OK \r\n');
  const whole = 6 + count * smallSent(1).length;
  assert.ok(greedy.said().length < whole, 'the other came in between');
  await until('all answers', waitMs, async () => greedy.said().length === whole);
});

test('a message of 16 MiB for a client that reads fast leaves others their turn', async (t) => {
  const house = await openHouse(t);
  const huge = `Subject: huge\n\n${line.repeat(233_000)}`;
  writeFileSync(join(house.maildir, 'cur/m9:2,'), huge);
  utimesSync(join(house.maildir, 'cur/m9:2,'), 9, 9);
  const greedy = await house.dial();
  const other = await house.dial();
  await until('the greetings', waitMs, async () => greedy.said() !== '' && other.said() !== '');
  let octets = 0;
  greedy.client.on('data', (piece: string) => {
    octets += piece.length;
  });
  greedy.client.write('RETR 5\r\n');
  other.client.write('NOOP\r\n');
  const whole = '+OK \r\n'.length + huge.length + 2 + 2 * 233_000 + '\r\n.\r\n'.length;
  await until('the answer to the other', waitMs, async () => other.said() === '+OK \r\n+OK \r\n');
  assert.ok(octets < whole, 'the other came in between');
  await until('all of it', waitMs, async () => octets === whole);
});
