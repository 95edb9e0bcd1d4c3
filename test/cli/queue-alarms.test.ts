/**
 * What takes too long: qmail-qmqpc's connect, qmail-queue's day. In a process of their own, because they put the clock
 * forward.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { run as qmqpc } from '../../src/cli/programs/qmail-qmqpc.js';
import { run as qmailQueue } from '../../src/cli/queue/qmail-queue.js';
import { homeWith, runIn } from '../support/queue-call.js';

test('a server that takes no connection is given up after ten seconds with 72', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  // Nothing answers there (RFC 5737); where the system says at once that there is no way, that is 73.
  const ended = runIn(t, homeWith(t, { qmqpservers: '192.0.2.1\n' }), qmqpc);
  const ticks = setInterval(() => t.mock.timers.tick(10_000), 20);
  t.after(() => clearInterval(ticks));
  assert.ok([72, 73].includes(await ended));
});

test('qmail-queue gives up after a day with 52', async (t) => {
  const home = homeWith(t, { me: 'mail.example.org\n' });
  mkdirSync(join(home, 'run'));
  // A server that takes the connection and never answers.
  const silent = createServer((socket) => {
    socket.on('error', () => undefined).resume();
    t.after(() => socket.destroy());
  });
  await new Promise<void>((settle) => silent.listen(join(home, 'run/queue.sock'), settle));
  t.after(() => silent.close());
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const connected = new Promise<void>((settle) => silent.once('connection', () => settle()));
  const ended = runIn(t, home, qmailQueue);
  await connected;
  t.mock.timers.tick(86_400_000);
  assert.equal(await ended, 52);
});
