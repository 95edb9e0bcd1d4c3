/**
 * What takes too long: qmail-qmqpc's connect, qmail-queue's day, an hour of QMTP or QMQP. In a process of their own, because they put the clock
 * forward.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { run as qmqpc } from '../../src/cli/programs/qmail-qmqpc.js';
import { run as qmqpd } from '../../src/cli/programs/qmail-qmqpd.js';
import { run as qmtpd } from '../../src/cli/programs/qmail-qmtpd.js';
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

test('a QMTP connection lasts an hour, a QMQP connection too: 111', async (t) => {
  const home = homeWith(t, { me: 'mail.example.org\n' });
  const silent = join(home, 'silent');
  execFileSync('mkfifo', [silent]);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const command of [qmtpd, qmqpd]) {
    // Opened for writing too, it never ends.
    const fds = [openSync(silent, 'r+'), openSync('/dev/null', 'w'), openSync('/dev/null', 'w')];
    const call = { path: 'qmail-qmtpd', args: [], env: new Map(), home, descriptor: (n: number) => fds[n] ?? -1 };
    const code = command(call);
    const minutes = setInterval(() => t.mock.timers.tick(59 * 60_000), 20);
    assert.equal(await code, 111);
    clearInterval(minutes);
  }
});
