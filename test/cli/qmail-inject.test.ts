/**
 * qmail-inject and sendmail beyond the recorded calls: how addresses outside of a header are quoted, which fault is told
 * first, and what stands around the header: lists that cannot be read, homes that are not there, modes of sendmail.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Ended, Invocation, Queued } from '../golden/runner/adapter.js';
import { Pool } from '../golden/runner/pool.js';
import { caseTools } from '../golden/runner/tools.js';

const base = mkdtempSync(join(tmpdir(), 'tqmail-inject-test-'));
const pool = new Pool();
after(() => {
  pool.close();
  rmSync(base, { recursive: true, force: true });
});

const controls = { me: 'mail.example.org\n', defaulthost: 'dh\n', defaultdomain: 'example.org\n', plusdomain: 'plus.example\n' };

interface Calling extends Partial<Invocation> {
  readonly controls?: Readonly<Record<string, string>>;
  /** Files of the working folder. */
  readonly files?: Readonly<Record<string, string>>;
}

async function called(calling: Calling): Promise<Ended & { readonly queued: readonly Queued[] }> {
  const tools = caseTools(base, 'call', pool);
  try {
    tools.home(calling.controls ?? controls);
    for (const [name, text] of Object.entries(calling.files ?? {})) writeFileSync(join(tools.folder, name), text, 'latin1');
    const recorder = tools.recorder({});
    const env = { USER: 'joe', ...calling.env, QMAILQUEUE: recorder.program };
    const ended = await tools.invoke({ program: 'qmail-inject', cwd: tools.folder, ...calling, env });
    return { ...ended, queued: recorder.queued() };
  } finally {
    await tools.close();
  }
}

const complete = 'Date: 1 Jan 2020 00:00:00 -0000\nMessage-ID: <1@x>\nFrom: a@b.c\nTo: d@e.f\n\n';

test('names without a host are quoted before they are read, as arguments and as sender', async () => {
  const { queued } = await called({ args: ['-f', 'a b', '--', 'c d', 'e(f', ' ', '', '"g"'], input: complete });
  assert.deepEqual(queued, [
    {
      sender: 'a b@dh.example.org',
      recipients: ['c d@dh.example.org', 'e(f@dh.example.org', ' @dh.example.org', '', '"g"@dh.example.org'],
      message: complete,
    },
  ]);
  const { stdout } = await called({ args: ['-n', '-fa b'], input: complete });
  assert.equal(stdout, `Return-Path: <"a b"@dh.example.org>\n${complete}`);
});

const faults: readonly (Calling & { readonly what: string; readonly says: string })[] = [
  { what: 'every -f must be an address', args: ['-fx@(y', '-fz@x.y'], says: 'fatal: unable to parse this line:\nx@(y' },
  { what: 'a sender before an unknown option', args: ['-fx@(y', '-Z'], says: 'fatal: unable to parse this line:\nx@(y' },
  { what: 'an unknown option before a recipient', args: ['-Z', 'x@(y'], says: 'illegal option -- Z\n' },
  {
    what: 'the default domain before the default host',
    env: { QMAILDEFAULTDOMAIN: '(', QMAILDEFAULTHOST: '(' },
    says: 'fatal: unable to parse this line:\n.(',
  },
  {
    what: 'control files before options',
    controls: { ...controls, plusdomain: '"\n' },
    args: ['-Z'],
    says: 'fatal: unable to parse this line:\n."',
  },
  {
    what: 'a host of the sender',
    env: { QMAILSHOST: 'a:b' },
    says: 'fatal: unable to parse this line:\nReturn-Path: "joe"@a:b\n',
  },
  {
    what: 'a host of the author',
    env: { QMAILHOST: 'a:b', QMAILSHOST: 'x' },
    input: 'To: a\n\n',
    says: 'fatal: unable to parse this line:\nFrom: joe@a:b\n',
  },
];

for (const { what, says, ...calling } of faults) {
  test(`what cannot be an address is told and ends with 100: ${what}`, async () => {
    const { exit, stdout, stderr, queued } = await called({ input: complete, ...calling });
    assert.deepEqual({ exit, stdout, stderr, queued }, { exit: 100, stdout: '', stderr: `qmail-inject: ${says}`, queued: [] });
  });
}

test('a host that makes the sender an empty group: mail from nobody', async () => {
  const { queued } = await called({ env: { QMAILSHOST: 'x:;', QMAILINJECT: 'r' }, input: complete });
  assert.deepEqual(
    queued.map(({ sender }) => sender),
    [''],
  );
});

test('a list of lists: blanks at the right go, letters beyond ASCII and other blanks count', async () => {
  const followup = async (list: string, to: string): Promise<boolean> => {
    const input = `Date: x\nMessage-ID: <1@x>\nFrom: a@b.c\nTo: ${to}\n\n`;
    const { queued } = await called({ env: { QMAILMFTFILE: 'lists' }, files: { lists: list }, input });
    assert.equal(queued.length, 1);
    return queued[0]?.message.includes('Mail-Followup-To') ?? false;
  };
  assert.ok(await followup('# x\n\nLIST@example.org \t\n', 'list@Example.ORG'));
  assert.ok(!(await followup('list@example.org\r\n', 'list@example.org')), 'a carriage return is part of the line');
  assert.ok(!(await followup('"\xc9"@example.org\n\xc9@example.org\n', '\xe9@example.org')), 'no letter case beyond ASCII');
});

test('a list of lists that is there and cannot be read defers', async () => {
  const { exit, stderr } = await called({ env: { QMAILMFTFILE: '.' }, input: complete });
  assert.deepEqual([exit, stderr], [111, 'qmail-inject: fatal: read error\n']);
  const none = await called({ env: { QMAILMFTFILE: 'none' }, input: complete });
  assert.equal(none.exit, 0);
});

test('a control file that cannot be read, and no home: 111, and the file is named', async () => {
  const tools = caseTools(base, 'call', pool);
  const home = tools.home({ me: 'm.example\n' });
  mkdirSync(join(home, 'control/idhost'));
  const wrong = await tools.invoke({ program: 'qmail-inject', input: complete });
  assert.equal(wrong.exit, 111);
  assert.match(wrong.stderr, /^qmail-inject: control\/idhost: it is not a regular file; .*\nqmail-inject: fatal: read error\n$/);
  const none = await tools.invoke({
    program: 'qmail-inject',
    env: { QMAILHOME: join(home, 'none') },
    own: true,
    input: complete,
  });
  assert.equal(none.exit, 111);
  assert.match(none.stderr, /\/none\/control cannot be opened .*\nqmail-inject: fatal: internal bug\n$/);
  await tools.close();
});

test('a NUL ends an address in what -n prints, too', async () => {
  const { stdout } = await called({ args: ['-n'], input: `Return-Path: <a\0b@c.d>\n${complete}` });
  assert.match(stdout, /^Return-Path: <a>\n/);
});

const usage = 'sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]\n';

for (const word of ['-bd', '-bi', '-bv', '-bt']) {
  test(`sendmail ${word} is no mode: usage and 100`, async () => {
    const { exit, stderr, queued } = await called({ program: 'sendmail', args: [word, 'x@y.z'], input: complete });
    assert.deepEqual({ exit, stderr, queued }, { exit: 100, stderr: usage, queued: [] });
  });
}

test('sendmail -b looks at one letter, and what follows -bs is not read', async () => {
  const sent = await called({ program: 'sendmail', args: ['-bm8bit', 'x@y.z'], input: complete });
  assert.deepEqual([sent.exit, sent.queued.length], [0, 1]);
  const spoken = await called({ program: 'sendmail', args: ['-bs', '-Z'], input: 'QUIT\r\n' });
  assert.deepEqual([spoken.exit, spoken.stdout], [0, '220 mail.example.org ESMTP\r\n221 mail.example.org\r\n']);
});

test('sendmail -bs lets its caller relay, but no client of a server that set PROTO', async () => {
  const input = 'HELO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nQUIT\r\n';
  const own = await called({ program: 'sendmail', args: ['-bs'], controls: { ...controls, rcpthosts: 'mine.example\n' }, input });
  assert.match(own.stdout, /\r\n250 ok\r\n250 ok\r\n221 /);
  const env = { PROTO: 'TCP', TCPREMOTEIP: '192.0.2.1' };
  const served = await called({
    program: 'sendmail',
    args: ['-bs'],
    controls: { ...controls, rcpthosts: 'mine.example\n' },
    env,
    input,
  });
  assert.match(served.stdout, /\r\n250 ok\r\n553 /);
});

test('mailq, sendmail -bp and qmail-qread list a queue that was never used as empty, and make nothing in it', async () => {
  const tools = caseTools(base, 'call', pool);
  const home = tools.home(controls);
  for (const [program, calledAs, ...args] of [
    ['sendmail', 'mailq'],
    ['sendmail', 'sendmail', '-bp'],
    ['qmail-qread', 'qmail-qread'],
  ] as const) {
    const { exit, stdout, stderr } = await tools.invoke({ program, calledAs, args });
    assert.deepEqual([exit, stdout, stderr], [0, '', '']);
  }
  const { stdout } = await tools.invoke({ program: 'qmail-qstat' });
  assert.equal(stdout, 'messages in queue: 0\nmessages in queue but not yet preprocessed: 0\n');
  assert.deepEqual(readdirSync(join(home, 'queue')), []);
  rmSync(join(home, 'queue'), { recursive: true });
  assert.equal((await tools.invoke({ program: 'qmail-qread' })).exit, 111);
  await tools.close();
});

test('newaliases as a name of sendmail says what builds aliases, after its options', async () => {
  const { exit, stderr } = await called({ program: 'sendmail', calledAs: 'newaliases', args: ['-v'] });
  assert.deepEqual([exit, stderr], [100, 'sendmail: fatal: please use fastforward/newaliases instead\n']);
  const wrong = await called({ program: 'sendmail', calledAs: 'newaliases', args: ['-Z'] });
  assert.deepEqual([wrong.exit, wrong.stderr], [100, `sendmail: illegal option -- Z\n${usage}`]);
});
