/** mbox files: appended under a lock that others see, cut off again when the message fails. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deliverToMbox } from '../../src/store/mbox-file.js';
import { MessageUnreadable, type UnixMessage, unixMessage } from '../../src/store/unix-message.js';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'tqmail-mbox-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
const prefix = Buffer.from('From s date\n');
const message = unixMessage({ form: 'unix', bytes: Buffer.from('From a\nlast') });

test('a message is appended, quoted and ended by an empty line', async (t) => {
  const path = join(folder(t), 'Mailbox');
  for (let i = 0; i < 2; i++) assert.deepEqual(await deliverToMbox({ path, prefix, message }), { tag: 'done' });
  assert.equal(readFileSync(path, 'utf8'), 'From s date\n>From a\nlast\n\n'.repeat(2));
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('twenty at once do not mix', async (t) => {
  const path = join(folder(t), 'Mailbox');
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => deliverToMbox({ path, prefix, message })));
  assert.ok(outcomes.every(({ tag }) => tag === 'done'));
  assert.equal(readFileSync(path, 'utf8'), 'From s date\n>From a\nlast\n\n'.repeat(20));
});

test('a file locked by another program is waited for, then given up', async (t) => {
  const path = join(folder(t), 'Mailbox');
  writeFileSync(path, 'old\n');
  const holder = spawn('flock', ['-x', path, '/bin/sh', '-c', 'echo held; read end'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  assert.deepEqual(await deliverToMbox({ path, prefix, message, lockSeconds: 0 }), { tag: 'locked' });
  assert.equal(readFileSync(path, 'utf8'), 'old\n');
  const waiting = deliverToMbox({ path, prefix, message });
  holder.stdin.end('\n');
  assert.deepEqual(await waiting, { tag: 'done' });
});

test('a message that fails half way leaves the file as it was', async (t) => {
  const path = join(folder(t), 'Mailbox');
  writeFileSync(path, 'old\n');
  const failing: UnixMessage = {
    bytes: undefined,
    file: undefined,
    async *pieces() {
      yield Buffer.from('half\n');
      throw new MessageUnreadable('gone');
    },
  };
  assert.deepEqual(await deliverToMbox({ path, prefix, message: failing }), { tag: 'unreadable' });
  assert.equal(readFileSync(path, 'utf8'), 'old\n');
});

test('what cannot be opened says why; a device takes mail', async (t) => {
  const path = folder(t);
  assert.deepEqual(await deliverToMbox({ path, prefix, message }), { tag: 'open', code: 'EISDIR' });
  assert.deepEqual(await deliverToMbox({ path: join(path, 'none/x'), prefix, message }), { tag: 'open', code: 'ENOENT' });
  assert.deepEqual(await deliverToMbox({ path: '/dev/null', prefix, message }), { tag: 'done' });
  assert.deepEqual(await deliverToMbox({ path: '/dev/full', prefix, message }), { tag: 'write', code: 'ENOSPC' });
});
