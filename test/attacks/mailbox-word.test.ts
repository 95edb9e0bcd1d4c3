/**
 * A user's mailbox process that says on its channel what it should not: words of Node's own, and no words at all. lspawnd, which is
 * root's, ends the process and goes on.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { guardChannel } from '../../src/actors/lspawn/guarded-channel.js';
import { MailboxChildren } from '../../src/actors/lspawn/mailbox-children.js';

const words = [
  'no json',
  'null',
  '7',
  '{"over":"x","alive":[null,{}]}',
  '{"alive":7}',
  '{"cmd":"NODE_HANDLE"}',
  '{"cmd":"NODE_HANDLE","type":"net.Socket"}',
  '{"cmd":"NODE_HANDLE_ACK"}',
  '{"cmd":"NODE_HANDLE_NACK"}',
  '{"cmd":"NODE_SOCKET_ALL_CLOSED","key":"x"}',
  '{"cmd":"NODE_SOCKET_COUNT","key":"x"}',
];
/** `words`, one process each: it says the word and waits. */
const saying = (word: string): string[] => ['-c', `printf '%s\\n' '${word}' >&"$NODE_CHANNEL_FD"; sleep 1`];

test(`${words.length} words that no mailbox process says end nobody but it`, async (t) => {
  const identity = process.getuid?.() === 0 ? 8001 : (process.getuid?.() ?? 0);
  await Promise.all(
    words.map(async (word) => {
      const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
      const command = { program: '/bin/sh', args: saying(word), environment };
      const children = new MailboxChildren({ command, limit: 1, idle: 60_000 });
      t.after(() => children.close());
      await new Promise<void>((over) => {
        const guest = { socket: new Socket(), rest: new Uint8Array(0), alive: () => undefined, over };
        assert.ok(children.serve(identity, identity, '/nonexistent', guest) !== undefined);
      });
    }),
  );
});

function start(t: TestContext, word: string): ChildProcess {
  const child = spawn('/bin/sh', saying(word), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

test('a process that says nonsense is ended at once; one that says a word of its own is not', async (t) => {
  const bad = start(t, 'no json');
  guardChannel(bad);
  assert.deepEqual(await once(bad, 'exit'), [null, 'SIGKILL']);
  const good = start(t, '{"ready":true}');
  guardChannel(good);
  assert.deepEqual((await once(good, 'message'))[0], { ready: true });
  assert.deepEqual(await once(good, 'exit'), [0, null]);
});
