/**
 * fastforward, dot-forward and the commands that make their tables: databases, messages in the queue, exit
 * codes; beside Debian's originals where those are installed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Command } from '../../src/cli/call.js';
import { type Finished, launcher, makeHome, run, scratch } from './command.js';

const delivery = {
  SENDER: 's@example.org',
  NEWSENDER: 'n@example.org',
  USER: 'joe',
  LOCAL: 'joe',
  HOST: 'mail.example.org',
  RECIPIENT: 'joe@mail.example.org',
  DTLINE: 'Delivered-To: joe@mail.example.org\n',
  RPLINE: 'Return-Path: <s@example.org>\n',
  UFLINE: 'From s@example.org Mon Jan 01 00:00:00 2001\n',
};

interface Place {
  readonly folder: string;
  readonly home: string;
  write(name: string, text: string): string;
  /** Within this process, with a file as descriptor 0, the folder as cwd and the variables of a delivery. */
  command(name: string, args: readonly string[], input: string, env?: Record<string, string>): Promise<Finished>;
  /** What a queue program got. */
  queued(): { readonly message: string; readonly envelope: string };
}

async function place(t: TestContext): Promise<Place> {
  const folder = scratch(t);
  const home = await makeHome(t);
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, 'latin1');
    return join(folder, name);
  };
  const queue = write('queue', `#!/bin/sh\ncat >'${folder}/message'\ncat <&1 >'${folder}/envelope'\n`);
  chmodSync(queue, 0o755);
  const read = (name: string): string => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'latin1') : '');
  const command: Place['command'] = async (name, args, input, env = {}) => {
    write('input', input);
    const { run: entry } = (await import(`../../src/cli/mail/${name}.js`)) as { run: Command };
    const all = { ...delivery, PATH: process.env.PATH ?? '', QMAILQUEUE: queue, ...env };
    const files = ['input', 'stdout', 'stderr'].map((file, n) => openSync(join(folder, file), n === 0 ? 'r' : 'w'));
    process.chdir(folder);
    try {
      const code = await entry({
        path: launcher(name),
        args,
        env: new Map(Object.entries(all)),
        home,
        descriptor: (n) => files[n] ?? -1,
      });
      return { code, stdout: read('stdout'), stderr: read('stderr') };
    } finally {
      for (const fd of files) closeSync(fd);
      process.chdir('/');
    }
  };
  return { folder, home, write, command, queued: () => ({ message: read('message'), envelope: read('envelope') }) };
}

/** Debian's program on the same files; undefined and a note when it is not installed. */
function original(
  t: TestContext,
  name: string,
  args: readonly string[],
  at: Place,
  env: Record<string, string> = {},
): Finished | undefined {
  const path = `/usr/bin/${name}`;
  if (!existsSync(path)) {
    t.diagnostic(`not applicable: ${path} is not installed`);
    return undefined;
  }
  // A file, as in a delivery: it is read more than once.
  const input = openSync(join(at.folder, 'input'), 'r');
  const { status, stdout, stderr } = spawnSync(path, args, {
    cwd: at.folder,
    env: { ...delivery, ...env },
    stdio: [input, 'pipe', 'pipe'],
    encoding: 'latin1',
  });
  closeSync(input);
  return { code: status, stdout, stderr };
}

const table = [
  '# what fastforward does',
  'list@x.org: &bob@x.org, new@z.org, /etc/none/l.bin;',
  'own@x.org: ?owner-own@x.org, m1@q.org, m2@q.org;',
  'Esc\\:aped@h: a@b, |cmd\\ with\\ blank, !prog;',
  '@wild.org: all@x.org; user@: u@x.org;',
  '',
].join('\n');

test('setforward makes the database that Debian makes, octet for octet, and printforward prints the same', async (t) => {
  const at = await place(t);
  assert.deepEqual(await at.command('setforward', ['ours.cdb', 'ours.tmp'], table), { code: 0, stdout: '', stderr: '' });
  const ours = readFileSync(join(at.folder, 'ours.cdb'));
  const printed = await at.command('printforward', [], ours.toString('latin1'));
  assert.match(printed.stdout, /^own@x\.org: \?owner-own@x\.org;$/m);
  at.write('input', table);
  if (original(t, 'setforward', ['theirs.cdb', 'theirs.tmp'], at) === undefined) return;
  assert.deepEqual(ours, readFileSync(join(at.folder, 'theirs.cdb')));
  writeFileSync(join(at.folder, 'input'), ours);
  assert.equal(printed.stdout, original(t, 'printforward', [], at)?.stdout);
});

test('setmaillist and printmaillist as Debian has them', async (t) => {
  const at = await place(t);
  const text = 'a@b.c\n\n#x\n&d@e  \n./in\n/abs\n-f@g';
  assert.equal((await at.command('setmaillist', ['ours.bin', 'tmp'], text)).code, 0);
  const ours = readFileSync(join(at.folder, 'ours.bin'));
  assert.equal(ours.toString('latin1'), '&a@b.c\0&d@e\0./in\0/abs\0&-f@g\0');
  assert.equal(statSync(join(at.folder, 'ours.bin')).mode & 0o777, 0o644);
  assert.equal((await at.command('printmaillist', [], ours.toString('latin1'))).stdout, '&a@b.c\n&d@e\n./in\n/abs\n&-f@g\n');
  assert.deepEqual(await at.command('printmaillist', [], '&cut'), {
    code: 100,
    stdout: '',
    stderr: 'printmaillist: fatal: bad mailing list format\n',
  });
  at.write('input', text);
  if (original(t, 'setmaillist', ['theirs.bin', 'tmp'], at) !== undefined)
    assert.deepEqual(ours, readFileSync(join(at.folder, 'theirs.bin')));
});

test('a faulty source leaves the old database', async (t) => {
  const at = await place(t);
  await at.command('setforward', ['f.cdb', 'f.tmp'], table);
  const before = readFileSync(join(at.folder, 'f.cdb'));
  for (const bad of ['x@y a@b;', 'x@y: a@b', 'x: a: b;']) {
    const ours = await at.command('setforward', ['f.cdb', 'f.tmp'], bad);
    assert.equal(ours.code, 100);
    const theirs = original(t, 'setforward', ['g.cdb', 'g.tmp'], at);
    if (theirs !== undefined) assert.deepEqual(ours, theirs);
  }
  assert.deepEqual(readFileSync(join(at.folder, 'f.cdb')), before);
});

test('newaliases: addresses get the hosts of the home, a bad line names itself', async (t) => {
  const at = await place(t);
  writeFileSync(join(at.home, 'control/me'), 'mail.example.org\n');
  for (const name of ['defaulthost', 'defaultdomain', 'plusdomain'])
    writeFileSync(join(at.home, `control/${name}`), 'example.org\n');
  const source = at.write('aliases', 'postmaster: root, "|prog a b"\nowner-l: o@x.y\nl: :include:/l\n');
  assert.deepEqual(await at.command('newaliases', [source], ''), { code: 0, stdout: '', stderr: '' });
  const made = readFileSync(`${source}.cdb`, 'latin1');
  const { stdout } = await at.command('printforward', [], made);
  assert.equal(
    stdout,
    'postmaster@:\n, !prog\\ a\\ b\n, &root@example.org\n;\nl@: ?owner-l@example.org;\nowner-l@:\n, &o@x.y\n;\nl@:\n, /l.bin\n;\n',
  );
  at.write('aliases', 'ok: x\nbad: "open\n');
  assert.deepEqual(await at.command('newaliases', [source], ''), {
    code: 111,
    stdout: '',
    stderr: 'newaliases: fatal: unable to parse line 2: bad: "open\n',
  });
  assert.equal(readFileSync(`${source}.cdb`, 'latin1'), made);
});

test('newinclude as Debian has it', async (t) => {
  const at = await place(t);
  // Debian's reads its control files elsewhere: only whole addresses.
  at.write('list', '# c\na@b.org, b@c.org\nJoe (x) <joe@d.org>\n');
  assert.equal((await at.command('newinclude', ['list'], '')).code, 0);
  const ours = readFileSync(join(at.folder, 'list.bin'), 'latin1');
  assert.equal(ours, '&b@c.org\0&a@b.org\0&joe@d.org\0');
  const theirs = original(t, 'newinclude', ['list'], at);
  if (theirs !== undefined) assert.equal(readFileSync(join(at.folder, 'list.bin'), 'latin1'), ours);
  at.write('list', '/file\n');
  const refused = await at.command('newinclude', ['list'], '');
  assert.deepEqual(refused, { code: 111, stdout: '', stderr: 'newinclude: fatal: file delivery /file not supported\n' });
});

test('fastforward -n says what Debian says', async (t) => {
  const at = await place(t);
  at.write('l.bin', '&m@q.org\0');
  const text =
    'joe@x: &new@z.w, |cat; own@x: m1@q, m2@q; own@x: ?owner-own@x; @wild: w1@q; any@: joe@wild, l@q; list@x: ./l.bin; empty@x: ;';
  await at.command('setforward', ['f.cdb', 'f.tmp'], text);
  for (const [RECIPIENT, ...args] of [
    ['joe@x', '-n'],
    ['JOE@X', '-n'],
    ['own@x', '-n'],
    ['foo@wild', '-n'],
    ['any@foo', '-n'],
    ['list@x', '-n'],
    ['empty@x', '-n'],
    ['no@no', '-n'],
    ['no@no', '-np'],
    ['joe@x', '-np'],
    ['noat', '-n'],
  ] as const) {
    const ours = await at.command('fastforward', [...args, 'f.cdb'], '', { RECIPIENT });
    const theirs = original(t, 'fastforward', [...args, 'f.cdb'], at, { RECIPIENT });
    if (theirs !== undefined) assert.deepEqual(ours, theirs, `${RECIPIENT} ${args}`);
  }
});

test('fastforward runs programs, then queues with the owner as sender', async (t) => {
  const at = await place(t);
  await at.command('setforward', ['f.cdb', 'f.tmp'], 'own@x: ?o@x, m1@q, !cat, |cat; p@: x@y;');
  const ran = await at.command('fastforward', ['f.cdb'], 'Subject: s\n\nb\n', { RECIPIENT: 'own@x' });
  assert.equal(ran.code, 0, ran.stderr);
  const { UFLINE, RPLINE, DTLINE } = delivery;
  assert.equal(ran.stdout, `${UFLINE}${RPLINE}${DTLINE}Subject: s\n\nb\nSubject: s\n\nb\n`);
  assert.match(ran.stderr, /^fastforward: qp \d+\n$/);
  assert.deepEqual(at.queued(), { message: `${DTLINE}Subject: s\n\nb\n`, envelope: 'Fo@x\0Tm1@q\0\0' });
  // With -d and -p, and a sender that stays.
  const by = await at.command('fastforward', ['-dp', 'f.cdb'], 'm\n', { DEFAULT: 'p', HOST: 'any', SENDER: '' });
  assert.equal(by.code, 99, by.stderr);
  assert.equal(at.queued().envelope, 'F\0Tx@y\0\0');
});

test('exit codes of programs mean what they mean in .qmail, as Debian has it', async (t) => {
  const at = await place(t);
  for (const [code, expected] of [
    [0, 0],
    [1, 111],
    [64, 100],
    [75, 111],
    [99, 111],
    [100, 100],
    [111, 111],
  ]) {
    await at.command('setforward', ['f.cdb', 'f.tmp'], `p@x: |exit\\ ${code};`);
    assert.equal((await at.command('fastforward', ['f.cdb'], 'm\n', { RECIPIENT: 'p@x' })).code, expected);
    const theirs = original(t, 'fastforward', ['f.cdb'], at, { RECIPIENT: 'p@x' });
    if (theirs !== undefined) assert.equal(theirs.code, expected);
  }
});

test('fastforward defers on a list that others may not read, and on a damaged database', async (t) => {
  const at = await place(t);
  chmodSync(at.write('l.bin', '&m@q.org\0'), 0o600);
  await at.command('setforward', ['f.cdb', 'f.tmp'], 'l@x: ./l.bin;');
  const secret = await at.command('fastforward', ['f.cdb'], '', { RECIPIENT: 'l@x' });
  assert.deepEqual(secret, { code: 111, stdout: '', stderr: 'fastforward: fatal: ./l.bin is not world-readable\n' });
  at.write('cut.cdb', readFileSync(join(at.folder, 'f.cdb'), 'latin1').slice(0, 2060));
  assert.equal((await at.command('fastforward', ['cut.cdb'], '', { RECIPIENT: 'l@x' })).code, 111);
  assert.equal((await at.command('fastforward', ['none.cdb'], '', { RECIPIENT: 'l@x' })).code, 111);
});

test('dot-forward -n ends and plans as Debian does', async (t) => {
  const at = await place(t);
  const cases = [
    'bob@h.example',
    'joe@mail.example.org, "|vacation joe"',
    '\\joe',
    'JOE',
    '# x',
    '',
    '<>',
    '<>, bob@h.example',
    '/dev/null',
    '"|cat -n", bob@x.org',
    '"open',
  ];
  for (const text of cases) {
    at.write('.forward', `${text}\n`);
    const ours = await at.command('dot-forward', ['-n', 'none', '.forward'], '');
    const theirs = original(t, 'dot-forward', ['-n', 'none', '.forward'], at);
    if (theirs === undefined) continue;
    assert.equal(ours.code, theirs.code, text);
    const lines = (said: string): string[] =>
      said
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('skipping'))
        .sort();
    assert.deepEqual(lines(ours.stderr), lines(theirs.stderr), text);
  }
});

test('dot-forward forwards, runs programs, and lets the own mailbox have its turn', async (t) => {
  const at = await place(t);
  at.write('.forward', 'bob, \\joe\n"|head -n 3"\n');
  const ran = await at.command('dot-forward', ['.forward'], 'Subject: s\n\nb\n');
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(ran.stdout, `${delivery.UFLINE}${delivery.RPLINE}${delivery.DTLINE}`);
  assert.match(ran.stderr, /^dot-forward: info: qp \d+\n$/);
  assert.deepEqual(at.queued(), {
    message: `${delivery.DTLINE}Subject: s\n\nb\n`,
    envelope: 'Fn@example.org\0Tbob@mail.example.org\0\0',
  });
  at.write('.forward', 'bob@x.org\n');
  assert.equal((await at.command('dot-forward', ['none', '.forward'], 'm\n')).code, 99);
  assert.equal((await at.command('dot-forward', ['none'], 'm\n')).code, 0);
  assert.equal((await at.command('dot-forward', [], 'm\n')).code, 100);
});

test('a group in .forward is its members; one without members leaves the mail to the next line', async (t) => {
  const at = await place(t);
  at.write('.forward', 'my friends: bob@x.org, Amy <amy@y.org>;\n');
  const plan = await at.command('dot-forward', ['-n', '.forward'], '');
  assert.deepEqual([plan.code, plan.stderr], [99, 'forward amy@y.org\nforward bob@x.org\n']);
  for (const nobody of ['nobody:;\n', '<>\n', '<> (x)\n@,\n']) {
    at.write('.forward', nobody);
    assert.equal((await at.command('dot-forward', ['.forward'], 'm\n')).code, 0, nobody);
  }
});

test('each is a command of its own, with its usage', async (t) => {
  const started = ['fastforward', 'dot-forward', 'setforward', 'setmaillist', 'newinclude'].map(async (name) => {
    const { code, stderr } = await run(t, name, []).finished;
    assert.equal(code, 100, name);
    assert.match(stderr, new RegExp(`^${name}: usage: ${name} `));
  });
  await Promise.all(started);
  assert.equal((await run(t, 'newaliases', ['-x']).finished).code, 100);
  for (const name of ['printforward', 'printmaillist']) {
    const { code } = await run(t, name, [], { stdin: 'junk' }).finished;
    assert.equal(code, 100, name);
  }
});
