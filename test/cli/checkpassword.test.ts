/**
 * checkpassword and tqmail passwd as programs, behind qmail-popup too: exit codes, who is become, and what is learnt from
 * the time that a refusal takes.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mailboxWay } from '../../src/actors/pop3d/mailbox-way.js';
import { FewAtOnce } from '../../src/actors/spawn/few-at-once.js';
import { MailAccounts } from '../../src/store/mail-accounts.js';
import { PasswordChecks } from '../../src/store/scrypt-password.js';
import { setPassword } from '../support/pop3-client.js';
import { launcher } from '../support/server-process.js';

const bin = (name: string): string => fileURLToPath(new URL(`../../../bin/${name}`, import.meta.url));
const own = process.getuid?.() ?? 0;
const joeUid = own === 0 ? 8001 : own;

function makeHome(t: TestContext): { readonly home: string; readonly joe: string } {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-pop-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  chmodSync(home, 0o755);
  for (const name of ['control', 'users']) mkdirSync(join(home, name));
  writeFileSync(join(home, 'control/me'), 'mail.example.org\n');
  const joe = join(home, 'joe');
  for (const name of ['new', 'cur', 'tmp']) mkdirSync(join(joe, 'Maildir', name), { recursive: true });
  writeFileSync(join(joe, 'Maildir/new/1'), 'Subject: x\n\n');
  utimesSync(join(joe, 'Maildir/new/1'), 1, 1);
  for (const path of ['', 'Maildir', 'Maildir/new', 'Maildir/cur', 'Maildir/tmp', 'Maildir/new/1'])
    chownSync(join(joe, path), joeUid, joeUid);
  setPassword(home, { user: 'joe', password: 'se cret', uid: joeUid, gid: joeUid, home: joe });
  return { home, joe };
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

async function check(home: string, third: string | undefined, words: readonly string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH, QMAILHOME: home };
  const child = spawn(bin('checkpassword'), words, {
    env,
    stdio: ['ignore', 'pipe', 'pipe', third === undefined ? 'ignore' : 'pipe'],
  });
  const pipe = child.stdio[3] as Writable | null;
  pipe?.on('error', () => undefined);
  pipe?.end(third, 'latin1');
  let output = '';
  let errors = '';
  child.stdout?.on('data', (text) => {
    output += text;
  });
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, errors };
}

test('checkpassword becomes the user, in its home, with its variables, and ends as the program does', async (t) => {
  const { home, joe } = makeHome(t);
  const script = 'echo $(id -u) $(pwd) $USER $HOME $SHELL; exit 7';
  const { code, output } = await check(home, 'joe\0se cret\0<1@h>\0', ['sh', '-c', script]);
  assert.deepEqual([code, output], [7, `${joeUid} ${joe} joe ${joe} /bin/sh\n`]);
});

test('checkpassword: not acceptable is 1, wrong use 2, trouble 111', async (t) => {
  const { home } = makeHome(t);
  const codes = async (third: string | undefined, words = ['true']): Promise<number | null> =>
    (await check(home, third, words)).code;
  assert.equal(await codes('joe\0wrong\0\0'), 1);
  assert.equal(await codes('nobody\0x\0\0'), 1);
  assert.equal(await codes('joe\0\0\0'), 1);
  // A name is a key and never a path.
  for (const name of ['../joe', 'joe/', './joe', '/', '..', '', '#joe', 'joe:', 'joe\n', 'users/poppasswd']) {
    assert.equal(await codes(`${name}\0se cret\0\0`), 1, JSON.stringify(name));
  }
  assert.equal(await codes('joe\0se cret\0\0', []), 2);
  assert.equal(await codes(undefined), 2);
  assert.equal(await codes('joe'), 2);
  assert.equal(await codes(`joe\0${'x'.repeat(600)}\0\0`), 2);
  rmSync(join(home, 'users/poppasswd'));
  mkdirSync(join(home, 'users/poppasswd'));
  const trouble = await check(home, 'joe\0se cret\0\0', ['true']);
  assert.equal(trouble.code, 111);
  assert.match(trouble.errors, /^checkpassword: .*poppasswd/);
});

test('qmail-popup, checkpassword and qmail-pop3d in a row, everything in one packet', async (t) => {
  const { home } = makeHome(t);
  const input = 'USER joe\r\nPASS se cret\r\nSTAT\r\nDELE 1\r\nQUIT\r\n';
  const { stdout, status } = spawnSync(
    bin('qmail-popup'),
    ['pop.example.org', bin('checkpassword'), bin('qmail-pop3d'), 'Maildir'],
    {
      env: { PATH: process.env.PATH, QMAILHOME: home },
      input,
      encoding: 'latin1',
    },
  );
  assert.match(stdout, /^\+OK <\d+\.\d+@pop\.example\.org>\r\n\+OK \r\n\+OK \r\n\+OK 1 12\r\n\+OK \r\n\+OK \r\n$/);
  assert.equal(status, 1);
});

test('tqmail passwd: new, changed, removed; the file stays secret and keeps its other lines', async (t) => {
  const { home, joe } = makeHome(t);
  const file = join(home, 'users/poppasswd');
  const passwd = (words: readonly string[], input: string) =>
    spawnSync(launcher, ['passwd', '--home', home, ...words], { input, encoding: 'latin1' });
  writeFileSync(file, `# kept\n${readFileSync(file, 'latin1')}`);
  assert.equal(passwd(['joe'], 'other\n').status, 0);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(readFileSync(file, 'latin1'), new RegExp(`^# kept\njoe:\\$scrypt\\$[^:]*:${joeUid}:${joeUid}:${joe}\n$`));
  const accounts = new MailAccounts(home, 0);
  assert.equal((await accounts.verify('joe', 'se cret')).tag, 'refused');
  assert.deepEqual(await accounts.verify('joe', 'other'), {
    tag: 'account',
    account: { user: 'joe', uid: joeUid, gid: joeUid, home: joe },
  });
  for (const words of [['../joe'], ['a:b'], [], ['new', '--uid', '1'], ['joe', '--what']]) {
    const { status, stderr } = passwd(words, 'x\n');
    assert.equal(status, 64, words.join(' '));
    assert.match(stderr, /^tqmail: fatal: /);
  }
  assert.equal(passwd(['root', '--uid', '0', '--gid', '0', '--maildir-home', '/root'], 'x\n').status, 64);
  assert.equal(passwd(['joe'], '\n').status, 64);
  assert.equal(passwd(['joe', '--delete'], '').status, 0);
  assert.equal(readFileSync(file, 'latin1'), '# kept\n');
  assert.equal((await accounts.verify('joe', 'other')).tag, 'refused');
});

test('a refusal takes as long for a name that does not exist; a right password is known again', async (t) => {
  const { home } = makeHome(t);
  const accounts = new MailAccounts(home, own);
  const times = async (user: string, password: string): Promise<number> => {
    const all: number[] = [];
    for (let n = 0; n < 5; n++) {
      const began = performance.now();
      await accounts.verify(user, password);
      all.push(performance.now() - began);
    }
    return Math.min(...all);
  };
  const [wrong, nobody] = [await times('joe', 'wrong'), await times('nobody', 'wrong')];
  assert.ok(nobody > wrong / 3 && wrong > nobody / 3, `${wrong} ms and ${nobody} ms`);
  await accounts.verify('joe', 'se cret');
  assert.ok((await times('joe', 'se cret')) < wrong / 3);
  let now = 0;
  const checks = new PasswordChecks(() => now);
  const hash = readFileSync(join(home, 'users/poppasswd'), 'latin1').split(':')[1] ?? '';
  assert.ok(await checks.fits('se cret', hash));
  now = 599_000;
  assert.ok(await checks.fits('se cret', hash));
  // Of the last octet but one all bits count; of the last one some do not.
  const other = hash.replace(/.(?=.$)/, (octet) => (octet === 'B' ? 'C' : 'B'));
  assert.equal(await checks.fits('se cret', other), false);
  assert.equal(await checks.fits('se cret', undefined), false);
});

test('without root a login opens the mailboxes of the server alone', async (t) => {
  const { home, joe } = makeHome(t);
  const client = { socket: new Socket(), rest: () => new Uint8Array(0) };
  const ask = { user: 'joe', secret: 'se cret', apop: false, timestamp: '' };
  const way = (uid: number) => mailboxWay(home, uid, undefined);
  // As root this very uid is no server's; the answer depends on the number alone.
  if (joeUid !== 0) assert.deepEqual(await way(joeUid).open(ask, client), { tag: 'own', maildir: `${joe}/Maildir` });
  assert.equal((await way(joeUid + 1).open(ask, client)).tag, 'trouble');
  assert.equal((await way(joeUid).open({ ...ask, secret: 'x' }, client)).tag, 'refused');
  assert.equal((await way(joeUid).open({ ...ask, apop: true }, client)).tag, 'refused');
  assert.equal((await mailboxWay(home, joeUid, join(home, 'no-socket')).open(ask, client)).tag, 'trouble');
  const answers = await Promise.all(Array.from({ length: 300 }, () => way(joeUid).open({ ...ask, apop: true }, client)));
  assert.ok(answers.every(({ tag }) => tag === 'refused'));
});

test('a checker, or lspawnd, that never says anything is given up, and the next login has its place', async (t) => {
  const { home } = makeHome(t);
  const client = { socket: new Socket(), rest: () => new Uint8Array(0) };
  const ask = { user: 'joe', secret: 'se cret', apop: false, timestamp: '' };
  const program = join(home, 'silent');
  writeFileSync(program, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
  writeFileSync(join(home, 'control/checkpassword'), `${program}\n`);
  const way = mailboxWay(home, joeUid, undefined, 200);
  // More than are checked at once.
  const answers = await Promise.all(Array.from({ length: 5 }, () => way.open(ask, client)));
  for (const answer of answers)
    assert.match(answer.tag === 'trouble' ? answer.text : answer.tag, /silent said nothing within 0\.2 s/);
  const path = join(home, 'lspawnd.sock');
  const silent = createServer(() => undefined).listen(path);
  await once(silent, 'listening');
  t.after(() => silent.close());
  const answer = await mailboxWay(home, joeUid, path, 200).open(ask, client);
  assert.match(answer.tag === 'trouble' ? answer.text : answer.tag, /lspawnd said nothing within 0\.2 s/);
});

test('checks at once are few, those that wait are bounded, and a failed one gives its place on', async () => {
  const few = new FewAtOnce(2, 3);
  let working = 0;
  let most = 0;
  const work = async (): Promise<string> => {
    working += 1;
    most = Math.max(most, working);
    await new Promise((settle) => setImmediate(settle));
    working -= 1;
    return 'done';
  };
  const answers = await Promise.all(Array.from({ length: 8 }, () => few.run(work)));
  assert.deepEqual(answers.map(String).sort(), [...Array(3).fill('busy'), ...Array(5).fill('done')]);
  assert.equal(most, 2);
  await assert.rejects(few.run(() => Promise.reject(new Error('no'))));
  assert.equal(await few.run(work), 'done');
});
