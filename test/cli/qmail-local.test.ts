/**
 * qmail-local as a process: what no recorded case shows, because it needs a queue of our own, a pipe or a message that
 * only its caller can open.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Ended, messageFile, runOnFile, runOnPipe } from '../support/file-descriptors.js';
import { makeHome, run, scratch } from './command.js';

const message = 'From: s@t.u\nSubject: test\n\nFrom here\nend\n';
/** Who delivers: as root another user, else ourselves. */
const user = process.getuid?.() || 8001;

interface Place {
  readonly folder: string;
  readonly home: string;
  readonly deliver: (env?: Record<string, string>, options?: readonly string[]) => Promise<Ended>;
}

function place(t: TestContext, dotQmail: string, uid = user, text = message): Place {
  const folder = scratch(t);
  const home = join(folder, 'joe');
  for (const name of ['', 'Maildir', 'Maildir/new', 'Maildir/cur', 'Maildir/tmp']) {
    mkdirSync(join(home, name), { mode: 0o755 });
    if (process.getuid?.() === 0) chownSync(join(home, name), uid, uid);
  }
  writeFileSync(join(home, '.qmail'), dotQmail);
  const deliver: Place['deliver'] = (env = {}, options = []) => {
    const args = [...options, '--', 'joe', home, 'joe', '', '', 'example.org', 's@t.u', './Mailbox'];
    return runOnFile('qmail-local', { args, env, uid, cwd: '/' }, messageFile(join(folder, 'message'), text));
  };
  return { folder, home, deliver };
}

test('a message that only the caller can open reaches mailboxes and programs', async (t) => {
  const { home, deliver } = place(t, './Mailbox\n|cat >copy; cat >nothing\n./Maildir/\n');
  assert.deepEqual(await deliver(), { code: 0, stdout: 'did 2+0+1\n', stderr: '' });
  assert.equal(readFileSync(join(home, 'copy'), 'latin1'), message);
  assert.equal(readFileSync(join(home, 'nothing'), 'latin1'), '');
  assert.match(readFileSync(join(home, 'Mailbox'), 'latin1'), /\n\n>From here\nend\n\n$/);
  const [name = ''] = readdirSync(join(home, 'Maildir/new'));
  assert.match(name, /^\d+\.\d+\.[^/]+$/);
  assert.ok(name.endsWith(`.${hostname()}`));
});

test('a message that is too large for memory arrives whole everywhere', async (t) => {
  const large = `Subject: large\n\n${'From the start of a line\n'.repeat(130_000)}`;
  const { folder, home, deliver } = place(t, './Mailbox\n|cat >copy\n./Maildir/\n&friend@else.example\n', user, large);
  const recorder = join(folder, 'queue');
  writeFileSync(recorder, `#!/bin/sh\ncat >${home}/forwarded; cat <&1 >${home}/envelope\n`, { mode: 0o755 });
  assert.match((await deliver({ QMAILQUEUE: recorder })).stdout, /^did 2\+1\+1\nqp \d+\n$/);
  const read = (name: string): string => readFileSync(join(home, name), 'latin1');
  const added = 'Return-Path: <s@t.u>\nDelivered-To: joe@example.org\n';
  assert.ok(read('copy') === large);
  assert.ok(read(`Maildir/new/${readdirSync(join(home, 'Maildir/new'))[0]}`) === added + large);
  assert.ok(read('Mailbox').endsWith(`\n${added}${large.replaceAll(/^From /gm, '>From ')}\n`));
  assert.ok(read('forwarded') === `Delivered-To: joe@example.org\n${large}`);
  assert.equal(read('envelope'), 'Fs@t.u\0Tfriend@else.example\0\0');
});

test('thirty lines for one Maildir are thirty messages', async (t) => {
  const { home, deliver } = place(t, './Maildir/\n'.repeat(30));
  assert.equal((await deliver()).stdout, 'did 30+0+0\n');
  assert.equal(readdirSync(join(home, 'Maildir/new')).length, 30);
});

test('a message that cannot be rewound defers; to print the instructions none is needed', async (t) => {
  const { home } = place(t, './Mailbox\n&friend@else.example\n');
  const words = ['--', 'joe', home, 'joe', '', '', 'example.org', 's@t.u', './Mailbox'];
  const piped = await runOnPipe('qmail-local', { args: words, uid: user }, message);
  assert.deepEqual(piped, { code: 111, stdout: '', stderr: 'Unable to rewind message. (#4.3.0)\n' });
  const printed = await runOnPipe('qmail-local', { args: ['-n', ...words], uid: user }, '');
  assert.deepEqual(printed, { code: 0, stdout: 'mbox ./Mailbox\nforward friend@else.example\ndid 1+1+0\n', stderr: '' });
  assert.ok(!readdirSync(home).includes('Mailbox'));
});

test('forwards go into the queue of the home, all in one message, after everything else', async (t) => {
  const home = await makeHome(t);
  const owner = statSync(join(home, 'queue')).uid;
  const { deliver } = place(t, '&friend@else.example\n|echo first\nother@else.example\n', owner);
  const { code, stdout, stderr } = await deliver({ QMAILHOME: home });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^first\ndid 0\+2\+1\nqp \d+\n$/);
  const listed = await run(t, 'tqmail', ['queue', '--home', home]).finished;
  assert.match(listed.stdout, /<s@t\.u> \n\ttodo\tfriend@else\.example\n\ttodo\tother@else\.example\n/);
});

test('a queue that cannot be used defers, names it, and nothing counts as done', async (t) => {
  const { folder, deliver } = place(t, './Mailbox\n&friend@else.example\n');
  const nowhere = join(folder, 'nowhere');
  const { code, stdout, stderr } = await deliver({ QMAILHOME: nowhere });
  assert.deepEqual({ code, stdout }, { code: 111, stdout: '' });
  assert.match(stderr, new RegExp(`^qmail-local: ${nowhere}/queue: .*\n`));
  assert.match(stderr, /\nUnable to forward message: qq trouble in home directory \(#4\.3\.0\)\.\n$/);
});

test('a program in place of the queue gets the variables of the delivery', async (t) => {
  const { folder, home, deliver } = place(t, '&friend@else.example\n');
  const recorder = join(folder, 'queue');
  writeFileSync(recorder, `#!/bin/sh\ncat >/dev/null; cat <&1 >/dev/null\nenv >${home}/variables\n`, { mode: 0o755 });
  assert.match((await deliver({ QMAILQUEUE: recorder, OTHER: 'kept' })).stdout, /^did 0\+1\+0\nqp \d+\n$/);
  const variables = readFileSync(join(home, 'variables'), 'latin1');
  for (const line of ['SENDER=s@t.u', 'RECIPIENT=joe@example.org', 'NEWSENDER=s@t.u', 'OTHER=kept']) {
    assert.ok(variables.split('\n').includes(line), line);
  }
});

test('mail that was here comes back, and what others can write is not obeyed', async (t) => {
  const { folder, home, deliver } = place(t, './Mailbox\n');
  const looping = messageFile(join(folder, 'looping'), `Delivered-To: joe@example.org\n${message}`);
  const args = ['--', 'joe', home, 'joe', '', '', 'example.org', 's@t.u', './Mailbox'];
  assert.deepEqual(await runOnFile('qmail-local', { args, uid: user }, looping), {
    code: 100,
    stdout: '',
    stderr: 'This message is looping: it already has my Delivered-To line. (#5.4.6)\n',
  });
  chmodSync(join(home, '.qmail'), 0o646);
  const deferred = (stderr: string): Ended => ({ code: 111, stdout: '', stderr });
  assert.deepEqual(await deliver(), deferred('Uh-oh: .qmail file is writable. (#4.7.0)\n'));
  chmodSync(home, 0o757);
  assert.deepEqual(await deliver(), deferred('Uh-oh: home directory is writable. (#4.7.0)\n'));
  assert.ok(!readdirSync(home).includes('Mailbox'));
});

test("another user's .qmail file is not obeyed, but shown", async (t) => {
  if (process.getuid?.() !== 0) return t.diagnostic('not applicable: needs root for a second uid');
  const { home, deliver } = place(t, './Mailbox\n');
  chownSync(join(home, '.qmail'), 8002, 8002);
  const refused = { code: 111, stdout: '', stderr: 'Uh-oh: .qmail file belongs to another user. (#4.7.0)\n' };
  assert.deepEqual(await deliver(), refused);
  assert.equal((await deliver({}, ['-n'])).stdout, 'mbox ./Mailbox\ndid 1+0+0\n');
});
