/**
 * Rules that count, draw or remember hold for all processes of a sink together, as if it were one.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { startSink } from '../../../src/actors/sink/sink.js';
import { Guests } from '../../../src/actors/sink/threads/guests.js';
import { submit } from './submit.js';

const loopback = { address: '127.0.0.1', port: 0 };
const body = 'Subject: x\r\n\r\n';

/** First line that a new connection gets. */
async function greeted(port: number, open: Socket[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  open.push(socket);
  const [line] = (await once(socket, 'data')) as [Buffer];
  return line.toString('latin1').trim();
}

test('rates, shares, every n-th, greylists and limits are exact over three processes', async (t) => {
  const sink = await startSink({ smtp: loopback, lmtp: loopback, qmtp: loopback, http: loopback, threads: 3 });
  t.after(() => sink.close());
  const base = `http://127.0.0.1:${sink.port('http')}`;
  const rules = (text: string): Promise<Response> => fetch(`${base}/api/rules`, { method: 'PUT', body: text });
  // Answered when the rules are in force in all processes.
  const answers = async (count: number, recipient = 'a@x'): Promise<string[]> => {
    const port = sink.port();
    const said = await Promise.all(Array.from({ length: count }, () => submit(port, { recipients: [recipient], body })));
    return said.map((replies) => `${replies[2]} ${replies[3]}`);
  };
  const count = (said: readonly string[], pattern: RegExp): number => said.filter((one) => pattern.test(one)).length;

  await rules('mail * rate 5/h 451 slow down');
  assert.equal(count(await answers(24), /451 slow down/), 19);

  await rules('rcpt/4 * 450 each fourth');
  assert.equal(count(await answers(24), /450 each fourth/), 6);

  const drawn: number[] = [];
  for (let round = 0; round < 2; round++) {
    await rules('seed 9\n30% rcpt * 450 drawn');
    drawn.push(count(await answers(30), /450 drawn/));
  }
  assert.equal(drawn[0], drawn[1]);
  assert.ok((drawn[0] ?? 0) > 2 && (drawn[0] ?? 0) < 18, `${drawn[0]}`);

  await rules('rcpt * greylist 1ms');
  assert.equal(count(await answers(1, 'grey@x'), /451 greylisted/), 1);
  assert.equal(count(await answers(12, 'grey@x'), /451/), 0);

  while (sink.report().open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await rules('connect * limit 4 421 too many\nrcpt * delay 1ms\nend/2 * 452 odd');
  const open: Socket[] = [];
  t.after(() => {
    for (const socket of open) socket.destroy();
  });
  const lines: string[] = [];
  for (let i = 0; i < 9; i++) lines.push(await greeted(sink.port(), open));
  assert.equal(count(lines, /^220/), 4);
  assert.equal(count(lines, /^421 too many/), 5);
});

test('a rule that limits connections knows those that were open before it, and those that go', async (t) => {
  const sink = await startSink({ smtp: loopback, http: loopback, threads: 2 });
  t.after(() => sink.close());
  const open: Socket[] = [];
  t.after(() => {
    for (const socket of open) socket.destroy();
  });
  for (let i = 0; i < 6; i++) assert.match(await greeted(sink.port(), open), /^220/);
  await fetch(`http://127.0.0.1:${sink.port('http')}/api/rules`, { method: 'PUT', body: 'connect * limit-all 6' });
  assert.match(await greeted(sink.port(), open), /^421 /);
  for (const socket of open.splice(0)) socket.destroy();
  for (let line = ''; !line.startsWith('220'); ) line = await greeted(sink.port(), open);
});

test('who is connected where', () => {
  const guests = new Guests();
  guests.came(1, 'a');
  assert.deepEqual(guests.open('a'), { ofClient: 0, ofAll: 0 }, 'nothing was told of this process yet');
  guests.here(1, new Map([['a', 2]]));
  guests.here(2, new Map());
  guests.came(2, 'a');
  guests.came(2, 'b');
  assert.deepEqual(guests.open('a'), { ofClient: 3, ofAll: 4 });
  guests.left(1, 'a');
  guests.left(1, 'stranger');
  assert.deepEqual(guests.open('a'), { ofClient: 2, ofAll: 3 });
  guests.gone(2);
  assert.deepEqual(guests.open('a'), { ofClient: 1, ofAll: 1 });
});
