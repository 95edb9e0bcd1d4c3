/**
 * `tqmail import-queue`: what a stopped qmail has queued comes over once, as it is there, whatever ends the command in
 * between; and comes out of `tqmail queue --export qmail` with the same texts.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { initHome } from '../../src/cli/init/init.js';
import { tryLock } from '../../src/cli/lock.js';
import { root } from '../runner/tree.js';
import { ServerProcess } from '../support/server-process.js';

const birth = 1_600_000_000;
const split = 23;

type Texts = Readonly<Record<string, string>>;

/** Writes one message's files as qmail has them. */
function queued(folder: string, number: number, texts: Texts): void {
  for (const [name, text] of Object.entries(texts)) {
    const flat = ['todo', 'intd', 'bounce'].includes(name);
    const place = flat ? join(folder, name) : join(folder, name, String(number % split));
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, String(number)), text, 'latin1');
    const time = birth + (name === 'local' || name === 'remote' ? 400 : 0);
    utimesSync(join(place, String(number)), time, time);
  }
}

interface Place {
  readonly home: string;
  readonly source: string;
}

async function place(t: TestContext): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const source = join(folder, 'queue');
  for (const name of ['mess', 'lock', 'todo', 'intd', 'info', 'local', 'remote', 'bounce'])
    mkdirSync(join(source, name), { recursive: true });
  writeFileSync(join(source, 'lock/sendmutex'), '');
  const home = join(folder, 'home');
  await initHome({ home, me: 'mail.example.org', base: 2500, demo: false, extra: [] });
  // As root: the owner of the queue must be able to come here.
  chmodSync(folder, 0o755);
  return { home, source };
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

function tqmail(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(root, 'bin/tqmail'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<Ended> {
  const texts = { out: '', errors: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    texts.errors += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

const importInto = ({ home, source }: Place): Promise<Ended> => ended(tqmail('import-queue', source, '--home', home));

interface Exported extends Texts {
  readonly id: never;
}

async function exported(home: string): Promise<Exported[]> {
  const { code, out, errors } = await ended(tqmail('queue', '--export', 'qmail', '--home', home));
  assert.equal(code, 0, errors);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exported);
}

const without = ({ id: _id, ...texts }: Exported): object => texts;
const mess = 'Received: (qmail 77 invoked by uid 8001); 13 Sep 2020 12:26:40 -0000\nSubject: x\n\nb\xe9\n';

test('each state of a message comes over as it is', async (t) => {
  const at = await place(t);
  const states: Readonly<Record<number, Texts>> = {
    1001: { mess, todo: 'u8001\0p77\0Fa@b\0Tjoe@c\0T\0', intd: 'u8001\0p77\0Fa@b\0Tjoe@c\0T\0' },
    1002: { mess, info: 'Fa@b\0', local: 'Tjoe@c\0Damy@c\0', remote: 'Dbob@d\0Tsue@d\0', bounce: '<amy@c>:\nno\n\n' },
    1003: { mess, info: 'F\0', remote: 'Tb\xe9b@d\0' },
    1004: { mess: 'x'.repeat(400_000), info: 'F#@[]\0', local: 'Tjoe@c\0' },
  };
  for (const [number, texts] of Object.entries(states)) queued(at.source, Number(number), texts);
  queued(at.source, 1005, { mess, intd: 'u0\0' });
  const { code, out, errors } = await importInto(at);
  assert.equal(code, 0, errors + out);
  assert.match(out, /^1002: imported as \d+: \d+ octets from <a@b>, 4 recipients, 2 done$/m);
  assert.match(out, /^1005: not queued: /m);
  assert.match(out, /^4 imported, 0 imported before, 1 not queued, 0 cannot be read$/m);
  assert.deepEqual((await exported(at.home)).map(without), [
    { birth, todo: 'u8001\0p77\0Fa@b\0Tjoe@c\0T\0' },
    { birth, info: 'Fa@b\0', local: 'Tjoe@c\0Damy@c\0', remote: 'Dbob@d\0Tsue@d\0', bounce: '<amy@c>:\nno\n\n' },
    { birth, info: 'F\0', remote: 'Tb\xe9b@d\0' },
    { birth, info: 'F#@[]\0', local: 'Tjoe@c\0' },
  ]);
});

test('run again, it imports nothing twice, until it is told to forget', async (t) => {
  const at = await place(t);
  queued(at.source, 5, { mess, info: 'Fa@b\0', local: 'Tjoe@c\0' });
  assert.equal((await importInto(at)).code, 0);
  const again = await importInto(at);
  assert.match(again.out, /^0 imported, 1 imported before/m);
  assert.equal((await exported(at.home)).length, 1);
  const forgotten = await ended(tqmail('import-queue', '--forget', '--home', at.home));
  assert.equal(forgotten.out, '1 forgotten\n');
  assert.match((await importInto(at)).out, /^1 imported/m);
});

test('the server goes on where qmail stopped', async (t) => {
  const at = await place(t);
  rmSync(join(at.home, 'control/listeners'));
  queued(at.source, 20, {
    mess,
    info: 'Fpostmaster@mail.example.org\0',
    local: 'Dgone@mail.example.org\0Troot@mail.example.org\0',
  });
  queued(at.source, 21, { mess, info: 'Fpostmaster@mail.example.org\0', bounce: '<gone@mail.example.org>:\nno\n\n' });
  assert.equal((await importInto(at)).code, 0);
  const server = new ServerProcess(t, { path: at.home, port: 0, maildir: '' });
  await server.seen(/^bounce msg \d+ qp/);
  await server.seen(/^starting delivery \d+: msg \d+ to local root@mail.example.org/);
  await server.seen(/^starting delivery \d+: msg \d+ to local postmaster@mail.example.org/);
  await server.stop();
  assert.ok(!server.lines.some((line) => line.includes('to local gone@')), 'a done recipient got the mail again');
});

test('killed at any moment and run again: every message once', async (t) => {
  const at = await place(t);
  const count = 150;
  for (let n = 0; n < count; n++) queued(at.source, 100 + n, { mess, info: `Fs${n}@b\0`, local: `D1@c\0T${n}@c\0` });
  let kills = 0;
  for (let after = 1; ; after += 45) {
    const child = tqmail('import-queue', at.source, '--home', at.home);
    let lines = 0;
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes(': imported as ') && ++lines === after) child.kill('SIGKILL');
      });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (signal === null) {
      assert.equal(code, 0);
      break;
    }
    kills++;
  }
  assert.ok(kills > 0, 'the command was never killed in the middle');
  const senders = (await exported(at.home)).map(({ info, local }) => `${info}${local}`).sort();
  assert.deepEqual(senders, Array.from({ length: count }, (_, n) => `Fs${n}@b\0D1@c\0T${n}@c\0`).sort());
});

test('what cannot be read is named, the rest comes over', async (t) => {
  const at = await place(t);
  queued(at.source, 7, { mess, info: 'Fa@b\0', local: 'Xjoe@c\0' });
  queued(at.source, 8, { info: 'Fa@b\0', local: 'Tjoe@c\0' });
  queued(at.source, 9, { mess, info: 'Fa@b\0', local: 'Tjoe@c\0' });
  const { code, out } = await importInto(at);
  assert.equal(code, 1);
  assert.match(out, /^7: cannot be imported: .*local\/7\/7: unknown record type "X"/m);
  assert.match(out, /^8: cannot be imported: its message \(mess\) is missing/m);
  assert.match(out, /^1 imported, .* 2 cannot be read$/m);
});

test('a queue whose qmail-send runs is left alone', async (t) => {
  const at = await place(t);
  queued(at.source, 9, { mess, info: 'Fa@b\0', local: 'Tjoe@c\0' });
  const lock = openSync(join(at.source, 'lock/sendmutex'), 'r+');
  t.after(() => closeSync(lock));
  assert.ok(tryLock(lock));
  const { code, errors } = await importInto(at);
  assert.equal(code, 111);
  assert.match(errors, /a qmail-send is running on .*queue .* stop it first/);
  assert.deepEqual(await exported(at.home), []);
});

test('no folder, no queue, wrong words: said, with an exit code', async (t) => {
  const at = await place(t);
  const none = await ended(tqmail('import-queue', '/nonexistent', '--home', at.home));
  assert.equal(none.code, 111);
  assert.match(none.errors, /\/nonexistent is no queue of qmail that can be read/);
  const usage = await ended(tqmail('import-queue', '--home', at.home));
  assert.equal(usage.code, 64);
  assert.match(usage.errors, /usage: tqmail import-queue \[DIR\]/);
});
