/** How sessions end: half-closed clients, pipelined commands behind a message, patience, drain. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Submitted } from '../../../src/actors/messages.js';
import { type House, openHouse } from '../../support/smtpd-house.js';

const message = 'MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@mx.test.example>\r\nDATA\r\nhello\r\n.\r\n';

/** A house whose queue answers when the test says so. */
async function slowHouse(t: Parameters<typeof openHouse>[0], settings = {}): Promise<House & { answer(): void }> {
  const answers: ((answer: Submitted) => void)[] = [];
  const house = await openHouse(t, {
    settings: { rcpthosts: ['mx.test.example'], ...settings },
    submit: () => new Promise((settle) => answers.push(settle)),
  });
  return { ...house, answer: () => answers.shift()?.({ tag: 'accepted', id: 1 }) };
}

async function submitted(house: House, count: number): Promise<void> {
  while (house.submissions.length < count) await new Promise(setImmediate);
}

/** Resolves when smtpd has no connection left; a leak lets the test run into its time limit. */
async function empty(house: House): Promise<void> {
  while (house.smtpd.counters?.()['smtpd.connections'] !== 0) await new Promise(setImmediate);
}

test('a client that sent everything and closed its side still hears its answers', async (t) => {
  const house = await slowHouse(t);
  const client = house.dial();
  client.socket.end(`${message}QUIT\r\n`);
  await submitted(house, 1);
  // Its end of file is there long before the answer.
  await new Promise((settle) => setTimeout(settle, 30));
  house.answer();
  await client.closed;
  assert.match(client.said, /354 go ahead\r\n250 ok \d+ qp 1\r\n221 mx\.test\.example\r\n$/);
  await empty(house);
});

test('half-closed without QUIT, and in the middle of a body: the connection is over, nothing is queued', async (t) => {
  const house = await slowHouse(t);
  const first = house.dial();
  first.socket.end('MAIL FROM:<a@b.example>\r\n');
  await first.closed;
  const second = house.dial();
  second.socket.end(message.slice(0, -3));
  await second.closed;
  assert.match(second.said, /354 go ahead\r\n$/);
  assert.equal(house.submissions.length, 0);
  await empty(house);
});

test('commands behind a message wait for its answer, in order', async (t) => {
  const house = await slowHouse(t);
  const client = house.dial();
  client.socket.write(`${message}${message}NOOP\r\n`);
  await submitted(house, 1);
  client.socket.write('VRFY x\r\n');
  assert.doesNotMatch(client.said, /250 ok \d/);
  house.answer();
  await submitted(house, 2);
  house.answer();
  await client.hears(/252 /);
  const replies = client.said.split('\r\n').map((line) => line.replace(/ok \d+ qp/, 'ok qp'));
  assert.deepEqual(replies.slice(1, -1), [
    ...['250 ok', '250 ok', '354 go ahead', '250 ok qp 1'],
    ...['250 ok', '250 ok', '354 go ahead', '250 ok qp 2'],
    ...['250 ok', "252 send some mail, i'll try my best"],
  ]);
});

test('the last words reach a client that goes on sending, and its connection is closed', async (t) => {
  const house = await openHouse(t, { settings: { rcpthosts: ['mx.test.example'] } });
  const client = house.dial();
  await client.hears(/^220 /);
  client.socket.write('MAIL FROM:<>\r\nRCPT TO:<joe@mx.test.example>\r\nDATA\r\nbare\nline\r\n');
  client.socket.write('x'.repeat(3_000_000));
  await client.closed;
  assert.match(client.said, /451 See https:\/\/cr\.yp\.to\/docs\/smtplf\.html\.\r\n$/);
  await empty(house);
});

test('a client that neither reads nor closes does not keep its connection', async (t) => {
  const house = await openHouse(t);
  const client = house.dial();
  await client.hears(/^220 /);
  client.socket.removeAllListeners('end');
  client.socket.pause();
  await house.smtpd.drain?.();
  await empty(house);
});

test('a timeout does not count while the queue owes the answer', async (t) => {
  const house = await slowHouse(t, { timeoutsmtpd: 1 });
  const waiting = house.dial();
  waiting.socket.write(message);
  await submitted(house, 1);
  const idle = house.dial();
  await idle.hears(/451 timeout \(#4\.4\.2\)/);
  await once(idle.socket, 'close').catch(() => undefined);
  house.answer();
  await waiting.hears(/250 ok \d+ qp 1/);
});

test('drain lets the message under way end, then says 421', async (t) => {
  const house = await slowHouse(t);
  const client = house.dial();
  client.socket.write(message);
  await submitted(house, 1);
  const drained = house.smtpd.drain?.();
  house.answer();
  await client.hears(/250 ok \d+ qp 1\r\n421 server is shutting down/);
  await drained;
});
