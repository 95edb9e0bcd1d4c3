/**
 * A conversation cut at every octet: the rest comes a moment later, or never, with a clean end or a reset. A whole
 * message arrives once; of one whose last octet never came nothing does.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { backwards, soon, until } from '../../support/server-home.js';
import { drained, statusOf } from '../../support/server-status.js';
import { codesIn, converse } from './converse.js';
import { TortureHouse } from './house.js';
import { ehlo, envelope, hello, mail, message, quit, rcpt } from './row.js';

const atOnce = 25;

/** Runs `task` for 0 … `count` - 1, a bounded number at a time. */
async function forAll(count: number, task: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const to = (text: string, local: string): string => text.replaceAll('<TO>', `<${local}@dest.test>`);

const conversations: readonly {
  readonly what: string;
  readonly text: string;
  readonly codes: string;
  readonly bodies: readonly string[];
}[] = [
  { what: 'one message', text: envelope + message(hello) + quit, codes: '220 250 250 250 354 250 221', bodies: [hello] },
  {
    what: 'dots',
    text: `${envelope}${message('..\r\n...\r\n.x\r\n\r\n')}${quit}`,
    codes: '220 250 250 250 354 250 221',
    bodies: ['.\r\n..\r\nx\r\n\r\n'],
  },
  {
    what: 'RSET and two messages',
    text: `${ehlo}${mail}RSET\r\n${mail}${rcpt}DATA\r\n${message('one\r\n')}${mail}${rcpt}DATA\r\n${message('two\r\n')}${quit}`,
    codes: '220 250 250 250 250 250 354 250 250 250 354 250 221',
    bodies: ['one\r\n', 'two\r\n'],
  },
];

test('conversations whose octets come in two pieces, cut everywhere', async (t) => {
  const house = await TortureHouse.open(backwards(t));
  let conversed = 0;
  for (const [number, { what, text, codes, bodies }] of conversations.entries()) {
    // The length of the placeholder is that of the shortest local part: no cut is left out.
    const length = to(text, 'x').length;
    await forAll(length, async (at) => {
      const local = `cut${number}x${at}`;
      const whole = to(text, local);
      const said = await inTwo(house.port, whole.slice(0, at), whole.slice(at));
      assert.equal(codesIn(said).join(' '), codes, `${what}, cut before ${at}: ${JSON.stringify(said.slice(-200))}`);
    });
    conversed += length;
    await drained(house.server);
    for (let at = 0; at < length; at += 1) {
      const came = (house.arrived.get(`cut${number}x${at}`) ?? []).map(({ body }) => body);
      assert.deepEqual(came.sort(), [...bodies].sort(), `${what}, cut before ${at}`);
    }
  }
  t.diagnostic(`${conversed} conversations`);
});

async function inTwo(port: number, first: string, second: string): Promise<string> {
  return converse(port, [1, first, { pauseMs: 2 }, second], 'whole');
}

test('a client that goes away at any octet leaves nothing behind', async (t) => {
  const house = await TortureHouse.open(backwards(t));
  const text = envelope + message(hello);
  const length = to(text, 'x').length;
  for (const how of ['end', 'reset'] as const) {
    await forAll(length, async (at) => {
      const local = `${how}${at}`;
      const whole = to(text, local);
      // Short of the last octets whatever the length of the recipient is.
      await leave(house.port, whole.slice(0, whole.length - length + at), how);
    });
  }
  await until('no connection is left', 10_000, async () => {
    return (await statusOf(house.server))?.counters['smtpd.connections'] === 0;
  });
  await drained(house.server);
  assert.deepEqual([...house.arrived.keys()], []);
  const said = await converse(house.port, [to(envelope + message(hello) + quit, 'after')], 'whole');
  assert.match(said, /250 .* qp \d+\r\n221 /);
  await drained(house.server);
  assert.deepEqual([...house.arrived.keys()], ['after']);
});

async function leave(port: number, text: string, how: 'end' | 'reset'): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  await new Promise<void>((settle) => socket.write(text, 'latin1', () => settle()));
  await soon(2);
  const closed = once(socket, 'close');
  if (how === 'end') socket.destroy();
  else socket.resetAndDestroy();
  await closed;
}
