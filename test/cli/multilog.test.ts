/** multilog, tai64n, tai64nlocal and splogger as processes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../support/server-home.js';
import { launcher, run, scratch } from './command.js';

const lines = (count: number, text: string): string => Array.from({ length: count }, (_, n) => `${n} ${text}\n`).join('');
const modeOf = (file: string): number => statSync(file).mode & 0o777;

/** All that a log folder holds, oldest first. */
function content(folder: string): string {
  const closed = readdirSync(folder)
    .filter((name) => name.startsWith('@'))
    .sort();
  return [...closed, 'current'].map((name) => readFileSync(join(folder, name), 'latin1')).join('');
}

test('multilog selects, rotates at line ends, keeps so many files and writes whole status files', async (t) => {
  const folder = scratch(t);
  const [all, some] = [join(folder, 'all'), join(folder, 'some')];
  const status = join(folder, 'status');
  const text = lines(1_000, 'x'.repeat(50));
  const args = ['e', `=${status}`, 'n100', 's4096', all, '-*', '+9*', 'n3', some];
  const { code, stderr } = await run(t, 'multilog', args, { stdin: `${text}last` }).finished;
  assert.equal(code, 0, stderr);
  assert.equal(stderr, `${text}last\n`);
  assert.equal(content(all), `${text}last\n`);
  for (const name of readdirSync(all).filter((one) => one.startsWith('@'))) {
    const file = join(all, name);
    assert.match(name, /^@[0-9a-f]{24}\.s$/);
    assert.equal(modeOf(file), 0o744);
    assert.ok(statSync(file).size <= 4_096 && readFileSync(file, 'latin1').endsWith('\n'), name);
  }
  assert.equal(modeOf(join(all, 'current')), 0o744);
  assert.equal(readdirSync(some).filter((name) => name.startsWith('@')).length, 2);
  assert.ok(
    content(some)
      .split('\n')
      .every((line) => line === '' || line.startsWith('9')),
  );
  assert.equal(readFileSync(status, 'latin1'), `last${'\n'.repeat(997)}`);
});

/** Sizes of the files of `log`, oldest first, once the input has gone through `program`. */
function sizes(program: string, folder: string, script: readonly string[], text: string): readonly number[] {
  mkdirSync(folder);
  writeFileSync(join(folder, 'input'), text, 'latin1');
  const input = openSync(join(folder, 'input'), 'r');
  const { status, stderr } = spawnSync(program, [...script, './log'], { cwd: folder, stdio: [input, 'ignore', 'pipe'] });
  closeSync(input);
  assert.equal(status, 0, String(stderr));
  const log = join(folder, 'log');
  const closed = readdirSync(log).filter((name) => name.startsWith('@'));
  return [...closed.sort(), 'current'].map((name) => statSync(join(log, name)).size);
}

test('files end where those of daemontools end: in writes of 512 octets, in reads of 1,024', async (t) => {
  const folder = scratch(t);
  const mixed = [3_000, 40, 1_200, 7, 700, 0, 511, 512, 513, 90, 2_500].map((length, n) =>
    `${n}`.repeat(length).slice(0, length),
  );
  const inputs: readonly (readonly [readonly string[], string, readonly number[]])[] = [
    [['s4096'], lines(300, 'x'.repeat(40)), [2498, 2567, 2565, 2565, 2565, 630]],
    [['s4096'], `${mixed.join('\n')}\n`.repeat(3), [3042, 2423, 3619, 3042, 2423, 3619, 3042, 2423, 3619, 0]],
    [['t', 's5000'], `${mixed.join('\n')}\n`.repeat(2), [3094, 3092, 3184, 3094, 3092, 3184, 0]],
    [['s4096'], `${'z'.repeat(9_000)}\nshort\n`, [4096, 4096, 815]],
    [['s4096'], 'no line end'.repeat(900), [4096, 4096, 1709]],
  ];
  for (const [index, [script, text, expected]] of inputs.entries()) {
    assert.deepEqual(sizes(launcher('multilog'), join(folder, `own${index}`), script, text), expected);
    const original = '/usr/bin/multilog';
    if (!existsSync(original)) continue;
    assert.deepEqual(sizes(original, join(folder, `original${index}`), script, text), expected);
  }
});

test('a second multilog is refused; what a killed one left is kept as unfinished; a peaceful end is gone on with', async (t) => {
  const folder = join(scratch(t), 'log');
  const first = run(t, 'multilog', ['t', folder], { stdin: 'a\n' });
  assert.equal((await first.finished).code, 0);
  const label = readFileSync(join(folder, 'current'), 'latin1');
  assert.match(label, /^@[0-9a-f]{24} a\n$/);
  assert.equal((await run(t, 'multilog', [folder], { stdin: 'b\n' }).finished).code, 0);
  assert.equal(content(folder), `${label}b\n`);
  // As it is while multilog writes.
  chmodSync(join(folder, 'current'), 0o644);
  assert.equal((await run(t, 'multilog', [folder], { stdin: 'c\n' }).finished).code, 0);
  assert.equal(readFileSync(join(folder, 'current'), 'latin1'), 'c\n');
  const [unfinished = ''] = readdirSync(folder).filter((name) => name.endsWith('.u'));
  assert.equal(readFileSync(join(folder, unfinished), 'latin1'), `${label}b\n`);
  const holder = spawnSync('flock', ['-n', join(folder, 'lock'), launcher('multilog'), folder], { input: '', encoding: 'utf8' });
  assert.equal(holder.status, 111);
  assert.match(holder.stderr, /^multilog: fatal: unable to lock directory .*: temporary failure\n$/);
  assert.equal((await run(t, 'multilog', ['what']).finished).code, 100);
});

test('a processor sees every closed file and hands its state on', async (t) => {
  const folder = join(scratch(t), 'log');
  const text = lines(400, 'y'.repeat(40));
  const processor = '!n=$(cat <&4); echo $((n + $(wc -l))) >&5; echo done';
  const { code, stderr } = await run(t, 'multilog', ['s4096', 'n50', processor, folder], { stdin: text }).finished;
  assert.equal(code, 0, stderr);
  const rest = readFileSync(join(folder, 'current'), 'latin1').split('\n').length - 1;
  assert.equal(Number(readFileSync(join(folder, 'state'), 'latin1')), 400 - rest);
  assert.ok(readdirSync(folder).some((name) => name.endsWith('.s')));
  assert.ok(!existsSync(join(folder, 'previous')));
});

test('a folder has its state and a script its status files before the first line', async (t) => {
  const folder = scratch(t);
  const script = ['-*', `=${join(folder, 'status')}`, join(folder, 'log')];
  assert.equal((await run(t, 'multilog', script, { stdin: 'x\n' }).finished).code, 0);
  assert.equal(readFileSync(join(folder, 'status'), 'utf8'), '');
  assert.equal(readFileSync(join(folder, 'log/state'), 'utf8'), '');
  for (const [word, said] of [
    ['=/nowhere/status', 'unable to create /nowhere/status: file does not exist'],
    ['/nowhere/log', 'unable to open directory /nowhere/log: file does not exist'],
    ['/etc/passwd', 'unable to open directory /etc/passwd: not a directory'],
  ] as const) {
    const refused = await run(t, 'multilog', [word], { stdin: 'x\n' }).finished;
    assert.deepEqual([refused.code, refused.stderr], [111, `multilog: fatal: ${said}\n`]);
  }
});

test('ALRM closes the current file, TERM ends after the line', async (t) => {
  const folder = join(scratch(t), 'log');
  const { child, finished } = run(t, 'multilog', [folder], { open: true });
  child.stdin?.write('one\n');
  const current = join(folder, 'current');
  const holds = (text: string) => (): boolean => existsSync(current) && readFileSync(current, 'latin1') === text;
  await until('the first line is written', 20_000, holds('one\n'));
  child.kill('SIGALRM');
  await until('the file is closed', 20_000, () => readdirSync(folder).some((name) => name.endsWith('.s')));
  child.stdin?.write('two\nhalf a ');
  await until('the second line is written', 20_000, holds('two\n'));
  child.kill('SIGTERM');
  child.stdin?.write('line\n');
  assert.equal((await finished).code, 0);
  assert.equal(content(folder), 'one\ntwo\nhalf a line\n');
});

test('tai64n stamps, tai64nlocal reads its stamps and those of others', async (t) => {
  const stamped = await run(t, 'tai64n', [], { stdin: 'a\nb' }).finished;
  assert.match(stamped.stdout, /^@[0-9a-f]{24} a\n@[0-9a-f]{24} b$/);
  assert.equal((await run(t, 'tai64nlocal', [], { stdin: 'x\ny' }).finished).stdout, 'x\ny');
  const local = await run(t, 'tai64nlocal', [], {
    stdin: '@4000000038c3eeb104a6ecf4 new msg 1\nno @4000000038c3eeb104a6ecf4\n@x\n',
    env: { TZ: 'UTC' },
  }).finished;
  assert.equal(local.stdout, '2000-03-06 17:45:11.078048500 new msg 1\nno @4000000038c3eeb104a6ecf4\n@x\n');
});

/** Takes datagrams until one holds `end`, and prints them: Node has no such sockets. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('ready', flush=True)
while True:
    text = s.recv(4096).decode('latin1')
    print(text, flush=True)
    if 'end of log' in text: break
`;

test('splogger sends every line to the syslog socket with its priority', async (t) => {
  if (spawnSync('python3', ['--version']).status !== 0 || spawnSync('logger', ['--version']).status !== 0)
    return t.diagnostic('python3 and logger are needed');
  const folder = scratch(t);
  writeFileSync(join(folder, 'receiver.py'), receiver);
  const socket = join(folder, 'log');
  const python = run(t, 'python3', [join(folder, 'receiver.py'), socket], { open: true, path: 'python3' });
  await python.seen(/ready/);
  const input = 'new msg 1\n\nalert: oh no\nwarning: \xe9\nend of log\n';
  const { code, stderr } = await run(t, 'splogger', ['qmail', '3'], {
    stdin: Buffer.from(input, 'latin1'),
    env: { SPLOGGER_SOCKET: socket },
  }).finished;
  assert.equal(code, 0, stderr);
  const { stdout } = await python.finished;
  const got = stdout
    .split('\n')
    .filter((line) => line.startsWith('<'))
    .map((line) => line.replace(/>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /, '>').replace(/\d{10}\.\d{6}/, 'STAMP'));
  assert.deepEqual(got, [
    '<30>qmail: STAMP new msg 1',
    '<25>qmail: STAMP alert: oh no',
    '<28>qmail: STAMP warning: ?',
    '<30>qmail: STAMP end of log',
  ]);
});
