/**
 * qmail-queue as a process, with and without a running server.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { launcher, makeHome, run, scratch, startServer } from './command.js';

const root = process.getuid?.() === 0;

/** Runs qmail-queue with files on descriptors 0 and 1. */
function queue(
  t: TestContext,
  home: string,
  message: string | Buffer,
  envelope: string,
  uid?: number,
): Promise<{ code: number | null; stderr: string }> {
  const folder = scratch(t);
  writeFileSync(join(folder, 'm'), message);
  writeFileSync(join(folder, 'e'), envelope, 'latin1');
  const fds = [openSync(join(folder, 'm'), 'r'), openSync(join(folder, 'e'), 'r')] as const;
  const child = spawn(launcher('qmail-queue'), [], {
    env: { ...process.env, QMAILHOME: home },
    stdio: [fds[0], fds[1], 'pipe'],
    ...(uid === undefined ? {} : { uid }),
  });
  for (const fd of fds) closeSync(fd);
  let stderr = '';
  (child.stdio[2] as NodeJS.ReadableStream).setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((settle) => child.once('close', (code) => settle({ code, stderr })));
}

const listing = async (t: TestContext, home: string): Promise<string> => {
  const { code, stdout, stderr } = await run(t, 'tqmail', ['queue', '--home', home]).finished;
  assert.equal(code, 0, stderr);
  return stdout;
};

test('qmail-queue keeps a message while no server runs, and every fault has its exit code', async (t) => {
  const home = await makeHome(t);
  // A look at a queue that nobody used yet must not spoil it for its owner.
  assert.equal((await run(t, 'tqmail', ['status', '--home', home]).finished).code, 3);
  const good = await queue(t, home, 'Subject: x\n\nhi\n', 'Fa@b\0Tc@d\0Te@f\0\0');
  assert.deepEqual(good, { code: 0, stderr: '' });
  assert.equal((await queue(t, home, Buffer.alloc(400_000, 'x\n'), 'Fa@b\0Tbig@d\0\0')).code, 0);
  assert.equal((await queue(t, home, 'x\n', 'Fa@b\0Tc@d\0')).code, 54);
  assert.equal((await queue(t, home, 'x\n', '')).code, 54);
  assert.equal((await queue(t, home, 'x\n', 'Xa\0\0')).code, 91);
  assert.equal((await queue(t, home, 'x\n', `Fa\0T${'x'.repeat(1003)}\0\0`)).code, 11);
  const text = await listing(t, home);
  assert.match(text, /^messages in queue: 2\nmessages in queue but not yet preprocessed: 2\n/);
  assert.match(text, /GMT {2}#\d+ {2}\d+ {2}<a@b> \n\ttodo\tc@d\n\ttodo\te@f\n/);
  assert.equal(readdirSync(join(home, 'queue/body')).length, 1, 'what was given up must leave no body file');
});

test('qmail-queue names what is wrong with the queue', async (t) => {
  const home = await makeHome(t);
  const missing = await queue(t, join(home, 'nowhere'), 'x\n', 'Fa\0Tb\0\0');
  assert.equal(missing.code, 61);
  assert.match(missing.stderr, /nowhere\/queue: no such file or directory/);
  renameSync(join(home, 'queue'), join(home, 'gone'));
  assert.equal((await queue(t, home, 'x\n', 'Fa\0Tb\0\0')).code, 62);
  renameSync(join(home, 'gone'), join(home, 'queue'));
  if (!root) return t.diagnostic('the case of another uid needs root');
  const stranger = await queue(t, home, 'x\n', 'Fa\0Tb\0\0', 54_321);
  assert.equal(stranger.code, 62);
  assert.match(stranger.stderr, /no server runs; until one does, only root and uid \d+ can queue mail/);
});

test('mail queued before the start leaves at the start; mail queued meanwhile is handed over by any user', async (t) => {
  const home = await makeHome(t);
  const maildir = join(home, 'alias/Maildir/new');
  const arrived = (subject: string): boolean =>
    readdirSync(maildir).some((name) => readFileSync(join(maildir, name), 'latin1').includes(`Subject: ${subject}\n`));
  assert.equal((await queue(t, home, 'Subject: early\n\nhi\n', 'Fa@b.example\0Tpostmaster@mail.example.org\0\0')).code, 0);
  const server = startServer(t, home, { node: 'real' });
  await server.ready();
  await server.seen(/delivery \d+: success/);
  assert.ok(arrived('early'));
  const late = await queue(
    t,
    home,
    'Subject: late\n\nhi\n',
    'Fa@b.example\0Troot@mail.example.org\0\0',
    root ? 54_321 : undefined,
  );
  assert.deepEqual(late, { code: 0, stderr: '' });
  await server.seen(/(delivery \d+: success[\s\S]*){2}/);
  assert.ok(arrived('late'));
  assert.equal((await queue(t, home, 'x\n', 'Fa\0Tb\0')).code, 54);
  server.child.kill('SIGTERM');
  assert.equal((await server.finished).code, 0);
});

test('qmail-inject completes and queues through $QMAILQUEUE or the queue itself', async (t) => {
  const home = await makeHome(t);
  const env = { QMAILHOME: home, USER: 'joe' };
  const sent = await run(t, 'qmail-inject', [], { env, stdin: 'To: postmaster, x@y.example\nBcc: z@y.example\n\nhi\n' }).finished;
  assert.deepEqual([sent.code, sent.stderr], [0, '']);
  assert.match(
    await listing(t, home),
    /<joe@mail\.example\.org> \n\ttodo\tx@y\.example\n\ttodo\tpostmaster@mail\.example\.org\n\ttodo\tz@y\.example\n/,
  );
  const folder = join(home, '..', 'programs');
  mkdirSync(folder);
  const refuse = join(folder, 'refuse');
  writeFileSync(refuse, '#!/bin/sh\ncat >/dev/null\ncat <&1 >/dev/null\nprintf "Dnot today (#5.7.1)" >&6\nexit 82\n');
  chmodSync(refuse, 0o755);
  const refused = await run(t, 'qmail-inject', ['a@b.example'], { env: { ...env, QMAILQUEUE: refuse }, stdin: '\nhi\n' })
    .finished;
  assert.deepEqual([refused.code, refused.stderr], [100, 'qmail-inject: fatal: not today (#5.7.1)\n']);
  const absent = await run(t, 'sendmail', ['a@b.example'], {
    env: { ...env, QMAILQUEUE: join(folder, 'absent') },
    stdin: '\nhi\n',
  }).finished;
  assert.deepEqual([absent.code, absent.stderr], [111, 'qmail-inject: fatal: unable to exec qq (#4.3.0)\n']);
});
