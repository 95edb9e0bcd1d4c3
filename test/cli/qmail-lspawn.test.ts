/**
 * qmail-lspawn as a process that is spoken to as qmail-send does: limit, users, reports. Run by root it delivers as uid
 * 8001, else as ourselves.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assignToRecords } from '../../src/protocol/assign.js';
import { cdbWrite } from '../../src/protocol/cdb.js';
import { type Ended, messageFile, runOnFile, runOnPipe } from '../support/file-descriptors.js';
import { scratch } from './command.js';

const root = process.getuid?.() === 0;
const user = process.getuid?.() || 8001;

interface Place {
  /** Where mess/ is. */
  readonly queue: string;
  readonly home: string;
  readonly joe: string;
  readonly spawn: (jobs: string, uid?: number) => Promise<Ended>;
}

function place(t: TestContext): Place {
  const folder = scratch(t);
  const [queue, home, joe] = [join(folder, 'queue'), join(folder, 'home'), join(folder, 'joe')];
  for (const path of [join(queue, 'mess/7'), join(home, 'users'), joe]) mkdirSync(path, { recursive: true });
  if (root) chownSync(joe, user, user);
  messageFile(join(queue, 'mess/7/30'), 'Subject: test\n\nHello\n');
  chmodSync(join(queue, 'mess/7/30'), 0o600);
  assign(
    home,
    `=joe:joe:${user}:${user}:${joe}:::\n+joe-:joe:${user}:${user}:${joe}:-::\n+joe+:joe:${user}:${user}:${joe}:+::\n`,
  );
  const spawn: Place['spawn'] = (jobs, uid = 0) => {
    const call = { args: ['./Mailbox'], env: { QMAILHOME: home }, cwd: queue, uid };
    return runOnPipe('qmail-lspawn', call, jobs);
  };
  return { queue, home, joe, spawn };
}

function assign(home: string, lines: string): void {
  const table = assignToRecords(`${lines}.\n`);
  assert.ok(table.ok);
  writeFileSync(join(home, 'users/cdb'), cdbWrite(table.records));
}

const job = (slot: number, recipient: string, message = '7/30'): string =>
  `${String.fromCharCode(slot)}${message}\0s@t.u\0${recipient}\0`;

/** Reports by slot, after the limit. */
function reports({ stdout }: Ended): Record<number, string> {
  assert.equal(stdout[0], 'x', 'the first octet is the limit');
  const parts = [...stdout.slice(1).matchAll(/([\s\S])([^\0]*)\0/g)];
  return Object.fromEntries(parts.map(([, slot = '', text = '']) => [slot.charCodeAt(0), text]));
}

test('addresses become users, files and programs; every job has its report', async (t) => {
  const { joe, spawn } = place(t);
  writeFileSync(join(joe, '.qmail-default'), '|echo "$EXT by $(id -u) in $PWD"; exit 100\n');
  writeFileSync(join(joe, '.qmail+list-default'), `|echo "$DEFAULT $EXT"\n`);
  writeFileSync(join(joe, '.qmail-big'), "|head -c 4000 /dev/zero | tr '\\0' x; exit 111\n");
  const jobs = ['Joe@x.example', '@x.example', 'joe-A.b@x.example', 'joe+list-one@x.example', 'joe-big@x.example'];
  const ended = await spawn(jobs.map((recipient, slot) => job(slot, recipient)).join(''));
  assert.deepEqual({ code: ended.code, stderr: ended.stderr }, { code: 0, stderr: '' });
  const found = reports(ended);
  assert.equal(found[0], 'Kdid 1+0+0\n');
  assert.match(
    readFileSync(join(joe, 'Mailbox'), 'latin1'),
    /\nReturn-Path: <s@t\.u>\nDelivered-To: Joe@x\.example\nSubject: test\n/,
  );
  assert.equal(found[1], 'K');
  assert.equal(found[2], `DA.b by ${user} in ${joe}\n`);
  assert.equal(found[3], 'Kone list-one\ndid 0+0+1\n');
  assert.match(found[4] ?? '', /^Zx{2966}\nError report too long, sorry\.\n$/);
});

test('octets of addresses arrive as they are', async (t) => {
  const { joe, spawn } = place(t);
  writeFileSync(join(joe, '.qmail-default'), '|printf %s "$EXT/$HOST" >seen\n');
  const hostile = `caf\xe9 $(touch ${joe}/canary)'"\\`;
  const ended = await spawn(job(0, `joe-${hostile}@h\xff`));
  assert.equal(reports(ended)[0], 'Kdid 0+0+1\n');
  assert.equal(readFileSync(join(joe, 'seen'), 'latin1'), `${hostile}/h\xff`);
  assert.ok(!existsSync(join(joe, 'canary')));
});

test('what cannot be delivered is deferred with its reason, and a bad job does not stop the others', async (t) => {
  const { home, joe, queue, spawn } = place(t);
  const odd = `${job(0, 'joe@h', '7/31')}${job(1, 'joe', '7/30')}${job(2, 'joe@h', '30')}${job(200, 'joe@h')}`;
  const found = reports(await spawn(`${odd}\x03unfinished`));
  assert.equal(found[0], 'Zqmail-spawn unable to open message. (#4.3.0)\n');
  assert.equal(found[1], 'DSorry, address must include host name. (#5.1.3)\n');
  assert.equal(found[2], 'Kdid 1+0+0\n', 'a number alone is looked for in its folder');
  assert.equal(found[200], 'ZInternal error: delnum too big. (#4.3.5)\n');
  assert.equal(Object.keys(found).length, 4);
  const before = readdirSync(joe);
  writeFileSync(join(home, 'users/cdb'), 'damaged');
  assert.equal(reports(await spawn(job(0, 'joe@h')))[0], 'ZTrouble reading users/cdb in qmail-lspawn.\n');
  assign(home, `+:super:0:0:${joe}:::\n`);
  assert.equal(reports(await spawn(job(0, 'joe@h')))[0], 'ZNot allowed to perform deliveries as root.\n');
  assign(home, `+:other:${user + 1}:${user + 1}:${joe}:::\n`);
  const foreign = reports(await spawn(job(0, 'joe@h'), root ? user : undefined))[0] ?? '';
  assert.match(
    foreign,
    root ? /^Zqmail-spawn unable to open message/ : /^ZUnable to deliver as uid \d+: qmail-lspawn runs as uid/,
  );
  assert.deepEqual(readdirSync(joe), before);
  if (!root) return t.diagnostic('the owner of a message and a foreign user are looked at only with root');
  chmodSync(join(queue, 'mess/7/30'), 0o644);
  assert.match(reports(await spawn(job(0, 'joe@h'), user))[0] ?? '', /^ZUnable to deliver as uid \d+: qmail-lspawn runs as uid/);
  chownSync(join(queue, 'mess/7/30'), user, user);
  assert.equal(reports(await spawn(job(0, 'joe@h')))[0], 'ZSorry, message has wrong owner. (#4.3.5)\n');
});

test('a delivery that dies, one that is still under way, jobs from a file', async (t) => {
  const { joe, queue, home, spawn } = place(t);
  writeFileSync(join(joe, '.qmail-die'), '|kill -9 $PPID\n');
  const died = reports(await spawn(job(5, 'joe-die@h')));
  assert.equal(died[5], 'Zqmail-local crashed.\n');
  const twice = messageFile(join(queue, 'jobs'), job(0, 'joe@h') + job(0, 'joe@h'));
  const ended = await runOnFile('qmail-lspawn', { args: ['./Mailbox'], env: { QMAILHOME: home }, cwd: queue }, twice);
  assert.equal(ended.stdout, 'x\0ZInternal error: delnum in use. (#4.3.5)\n\0\0Kdid 1+0+0\n\0');
  const usage = await runOnPipe('qmail-lspawn', { args: [] }, '');
  assert.deepEqual(usage, { code: 111, stdout: '', stderr: 'qmail-lspawn: usage: qmail-lspawn aliasempty\n' });
});
