/** Somebody who guesses passwords on many connections at once: few are checked, the rest wait or are told to come again. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { Pop3Connection } from '../../../src/actors/pop3d/connection.js';
import { LoginGate } from '../../../src/actors/pop3d/login-gate.js';
import type { Opened } from '../../../src/actors/pop3d/opened-mailbox.js';
import { FakeClock } from '../../support/fake-clock.js';
import { Client } from '../../support/line-client.js';
import { soon, until } from '../../support/server-home.js';

const waitMs = 20_000;

test('the gate: eight at once, then one every quarter of a second, no more than 128; loopback and other networks are free', () => {
  const gate = new LoginGate();
  const begun = Array.from({ length: 130 }, () => gate.begin('192.0.2.1', 0));
  assert.deepEqual(begun.slice(0, 10), [0, 0, 0, 0, 0, 0, 0, 0, 250, 500]);
  assert.deepEqual(begun.slice(126), [119 * 250, 120 * 250, undefined, undefined]);
  assert.equal(gate.begin('192.0.2.2', 0), 0);
  for (let n = 0; n < 1_000; n++) assert.equal(gate.begin('127.0.0.1', 0), 0);
  for (let n = 0; n < 128; n++) gate.end('192.0.2.1');
  assert.equal(gate.begin('192.0.2.1', 0), 0);
  gate.refused('192.0.2.1', 0);
  assert.equal(gate.begin('192.0.2.1', 0), 500);
});

test('200 logins of one address at the same time: eight are checked, 72 are told to come again, and all are forgotten', async (t) => {
  const clock = new FakeClock(1_700_000_000, soon);
  const gate = new LoginGate();
  const pending: ((opened: Opened) => void)[] = [];
  const refused: string[] = [];
  const told: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    Object.defineProperty(socket, 'remoteAddress', { value: '192.0.2.1' });
    const parts = {
      clock,
      way: { apop: false, open: () => new Promise<Opened>((settle) => pending.push(settle)) },
      timestamp: '',
      begin: (address: string) => gate.begin(address, clock.monotonic()),
      checked: (address: string) => gate.end(address),
      pressure: () => undefined,
      loggedIn: () => undefined,
      refused: (user: string) => void refused.push(user),
      trouble: (text: string) => void told.push(text),
      progressed: () => undefined,
      left: () => undefined,
    };
    new Pop3Connection(socket, parts).admit();
  }).listen(0, '127.0.0.1');
  await new Promise((settle) => server.once('listening', settle));
  const { port } = server.address() as { port: number };
  const clients = Array.from({ length: 200 }, () => new Client(port, '127.0.0.1'));
  t.after(() => {
    for (const { socket } of clients) socket.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  for (const { socket } of clients) socket.write('USER joe\r\nPASS guess\r\n');
  const busy = (): number => clients.filter(({ said }) => said.includes('too many logins at once')).length;
  await until('the rest is told', waitMs, async () => busy() === 72);
  assert.equal(pending.length, 8);
  assert.equal(told.length, 72);
  await clock.advance(1);
  assert.equal(pending.length, 12, 'four a second more');
  // Who leaves while it waits, or while it is checked, counts no more when that is over.
  for (const { socket } of clients) socket.destroy();
  const nextWaits = (): number | undefined => {
    const wait = gate.begin('192.0.2.1', clock.monotonic());
    if (wait !== undefined) gate.end('192.0.2.1');
    return wait;
  };
  await until('they have left', waitMs, async () => nextWaits() === 5 * 250);
  for (const settle of pending) settle({ tag: 'refused' });
  await until('none counts', waitMs, async () => nextWaits() === 0);
  assert.deepEqual(refused, []);
});
