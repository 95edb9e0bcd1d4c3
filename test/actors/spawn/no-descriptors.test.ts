/**
 * Without a free descriptor no process can be started, and Node gives one that was not started no streams: each place that starts
 * one says so to whoever waits, and the process that tried goes on.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { DeliveryChild } from '../../../src/actors/lspawn/child.js';
import { MailboxChildren } from '../../../src/actors/lspawn/mailbox-children.js';
import { startChecker } from '../../../src/actors/spawn/checker-program.js';
import { frameOf } from '../../../src/actors/spawn/lspawnd-frames.js';
import { QueueProgram } from '../../../src/actors/spawn/queue-program.js';
import { runRemoteProgram } from '../../../src/actors/spawn/remote-program.js';
import { canLimitDescriptors, setDescriptorLimit } from '../../support/descriptor-limit.js';

const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
const before = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]);

/** What prlimit itself takes to be started once more, with room to spare. */
const spare = 32;

/** Runs `body` while this process can open nothing. */
async function without(body: () => Promise<void>): Promise<void> {
  // What is started for the first time may open files of its own.
  await new Promise(setImmediate);
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number));
  setDescriptorLimit(process.pid, highest + 1 + spare);
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE');
  }
  try {
    await body();
  } finally {
    for (const fd of taken) closeSync(fd);
    setDescriptorLimit(process.pid, before);
  }
}

const command = { program: process.execPath, args: ['-e', '0'], environment: {} };

async function outcomeOfDelivery(): Promise<string> {
  return new Promise((resolve) => {
    const reply = (frame: Buffer): void => resolve(frame.toString('latin1'));
    const child = new DeliveryChild(command, uid, gid, 0, () => undefined);
    child.deliver(1, { id: 7, reply }, frameOf('D', ['1']), 0);
    child.pass('B', 1, Buffer.from('body'));
    child.finish();
  });
}

test('no process for a delivery, a queue program, a remote program, a password program, a mailbox', async (t) => {
  if (!canLimitDescriptors()) return t.diagnostic('not applicable: this machine has no prlimit');
  const guest = { socket: new Socket(), rest: new Uint8Array(0), alive: () => undefined, over: () => undefined };
  const mailboxes = new MailboxChildren({ command, limit: 10, idle: 60_000 });
  t.after(() => mailboxes.close());
  await without(async () => {
    assert.match(await outcomeOfDelivery(), /qmail-local crashed/);

    const queue = new QueueProgram({ program: '/bin/cat', home: '/', env: {}, stderr: 2 });
    await queue.write(Buffer.from('Subject: x\n\n'));
    const { text } = await queue.commit({ sender: 's@x', recipients: ['r@y'] });
    assert.match(text, /^Z/);

    const envelope = { sender: 's@x', recipients: ['r@y'] };
    const remote = await runRemoteProgram({ program: '/bin/cat', host: 'y', envelope, message: 0, env: {}, cwd: '/' });
    assert.deepEqual(remote, { code: 111, output: '' });

    const request = { user: 'u', secret: 's', apop: false, timestamp: '' };
    const checker = startChecker(['/bin/true'], request, ['ignore', 'ignore', 'ignore']);
    const [error] = await once(checker, 'error');
    assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE');

    mailboxes.serve(uid, gid, '/nonexistent', guest);
    await once(guest.socket, 'close');
  });
});
