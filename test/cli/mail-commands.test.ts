/** Commands of .qmail files as real processes: the queue of a home, octets in arguments, programs that read nothing, signals. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { localOffset } from '../../src/cli/child/local-time.js';
import { launcher, makeHome, run, scratch } from './command.js';

const delivery = {
  SENDER: 's@example.org',
  NEWSENDER: 'n@example.org',
  DTLINE: 'Delivered-To: joe@example.org\n',
  RPLINE: 'Return-Path: <s@example.org>\n',
  UFLINE: 'From s@example.org Mon Jan 01 00:00:00 2001\n',
};

test('forward queues into a stopped home, and the reports show it', async (t) => {
  const home = await makeHome(t);
  const env = { ...delivery, QMAILHOME: home };
  const forwarded = await run(t, 'forward', ['bob@far.example'], { env, stdin: 'Subject: s\n\nb\n' }).finished;
  assert.equal(forwarded.code, 0, forwarded.stderr);
  assert.match(forwarded.stderr, /^forward: qp \d+\n$/);
  const stat = await run(t, 'qmail-qstat', [], { env }).finished;
  assert.equal(stat.stdout, 'messages in queue: 1\nmessages in queue but not yet preprocessed: 1\n');
  // Nobody has looked at it yet: qmail-qread lists what is preprocessed.
  for (const [name, ...args] of [['qmail-qread'], ['mailq'], ['sendmail', '-bp']] as const)
    assert.deepEqual(await run(t, name, args, { env }).finished, { code: 0, stdout: '', stderr: '' });
});

test('a condition that is not met queues nothing and lets the next line have its turn', async (t) => {
  const home = await makeHome(t);
  const env = { ...delivery, QMAILHOME: home };
  const { code } = await run(t, 'condredirect', ['bob@far.example', 'false'], { env, stdin: 'x\n' }).finished;
  assert.equal(code, 0);
  const stat = await run(t, 'qmail-qstat', [], { env }).finished;
  assert.match(stat.stdout, /^messages in queue: 0\n/);
});

test('the program of preline may stop reading: its exit code counts', async (t) => {
  const stdin = `\n${'x'.repeat(2_000_000)}\n`;
  const ended = await run(t, 'preline', ['sh', '-c', 'head -n 1; exit 7'], { env: delivery, stdin }).finished;
  assert.deepEqual(ended, { code: 7, stdout: delivery.UFLINE, stderr: '' });
});

test('arguments and variables keep octets that are not UTF-8', async (t) => {
  const folder = scratch(t);
  const script = join(folder, 'call.sh');
  const words = `printf '%s:%s' "$1" "$ODD"`;
  writeFileSync(
    script,
    `ODD='v\xfe' exec '${launcher('preline')}' -frd sh -c '${words.replaceAll("'", "'\\''")}' sh 'a\xff b'\n`,
    'latin1',
  );
  const child = spawn('/bin/sh', [script], { env: { ...process.env, ...delivery }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output += text;
  });
  await new Promise((settle) => child.once('close', settle));
  assert.equal(output, 'a\xff b:v\xfe');
});

test('a signal goes to the program, and its end is the end of the command', async (t) => {
  const running = run(t, 'except', ['sh', '-c', 'sleep 60 & trap "kill $!; exit 0" TERM; echo ready; wait']);
  await running.seen(/ready/);
  running.child.kill('SIGTERM');
  assert.equal((await running.finished).code, 100);
});

test('maildirwatch shows new mail, without what could steer the terminal', async (t) => {
  const folder = scratch(t);
  for (const name of ['new', 'cur', 'tmp']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'new/1'), 'From: Bob \x1b[2J <b@c.d>\nSubject: lunch\n\nx\n');
  const running = run(t, 'maildirwatch', [], { env: { MAILDIR: folder } });
  const [screen] = await running.seen(/lunch\n/);
  running.child.kill('SIGTERM');
  const { stdout } = await running.finished;
  assert.ok(screen !== undefined);
  assert.equal(stdout.replaceAll('\x1b[;H\x1b[;J', ''), 'FROM Bob ?[2J <b@c.d>\n     lunch\n');
});

test('tqmail cdb names the faulty line and leaves the old table; qmail-newu does as well', async (t) => {
  const home = await makeHome(t);
  const before = readFileSync(join(home, 'users/cdb'));
  writeFileSync(join(home, 'users/assign'), '=joe:joe:1:1:/home/joe:::\nnonsense\n.\n');
  writeFileSync(join(home, 'control/morercpthosts'), 'One.example\n');
  const made = await run(t, 'tqmail', ['cdb', '--home', home]).finished;
  assert.equal(made.code, 111);
  assert.match(made.stderr, /users\/assign:2: there is no colon after the address; users\/cdb stays as it was\n/);
  assert.match(made.stdout, /^control\/morercpthosts\.cdb made of control\/morercpthosts\n$/);
  const newu = await run(t, 'qmail-newu', [], { env: { QMAILHOME: home } }).finished;
  assert.deepEqual(newu, { code: 111, stdout: '', stderr: 'qmail-newu: fatal: bad format in users/assign\n' });
  assert.ok(readFileSync(join(home, 'users/cdb')).equals(before));
});

test('summer time without rules is that of the C library; what nobody knows is UTC', () => {
  const january = Date.UTC(2026, 0, 15) / 1000;
  const july = Date.UTC(2026, 6, 15) / 1000;
  const hours = (zone: string): number[] => [january, july].map((now) => localOffset(now, zone) / 3600);
  assert.deepEqual(hours('AEST-10AEDT'), [10, 11]);
  assert.deepEqual(hours('CET-1CEST'), [1, 2]);
  assert.deepEqual(hours('EST5EDT'), [-5, -4]);
  for (const zone of ['X12', 'nonsense', 'Nowhere/Town', '']) assert.deepEqual(hours(zone), [0, 0], zone);
});
