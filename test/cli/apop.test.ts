/** APOP with the built-in checker: the file of clear passwords, who may own and read it, and how `tqmail passwd` keeps it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MailAccounts, type Verdict } from '../../src/store/mail-accounts.js';
import { setPassword } from '../support/pop3-client.js';
import { launcher } from '../support/server-process.js';

const own = process.getuid?.() ?? 0;
const joeUid = own === 0 ? 8001 : own;
const timestamp = '<1.2.3@mail.example.org>';
const digestOf = (password: string, of = timestamp): string =>
  createHash('md5').update(`${of}${password}`, 'latin1').digest('hex');
const bin = (name: string): string => fileURLToPath(new URL(`../../../bin/${name}`, import.meta.url));

interface House {
  readonly home: string;
  readonly file: string;
  readonly accounts: MailAccounts;
  passwd(words: readonly string[], input?: string): number | null;
}

/** Joe has APOP, amy has not. */
function openHouse(t: TestContext): House {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-apop-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  chmodSync(home, 0o755);
  for (const name of ['control', 'users', 'joe']) mkdirSync(join(home, name));
  writeFileSync(join(home, 'control/me'), 'mail.example.org\n');
  const user = { password: 'p:w \xe9', uid: joeUid, gid: joeUid, home: join(home, 'joe') };
  setPassword(home, { ...user, user: 'amy' });
  setPassword(home, { ...user, user: 'joe', apop: true });
  const passwd = (words: readonly string[], input = '') =>
    spawnSync(launcher, ['passwd', '--home', home, ...words], { input, encoding: 'latin1' }).status;
  return { home, file: join(home, 'users/apop'), accounts: new MailAccounts(home, own), passwd };
}

const tag = (verdict: Verdict): string => verdict.tag;
/** As `tqmail passwd` got it: setPassword writes latin1. */
const joes = 'p:w \xe9';

test('a digest of this timestamp opens the mailbox; another one, another name, an old timestamp do not', (t) => {
  const { accounts, home } = openHouse(t);
  assert.equal(accounts.offersApop, true);
  const account = { user: 'joe', uid: joeUid, gid: joeUid, home: join(home, 'joe') };
  assert.deepEqual(accounts.verifyApop('joe', digestOf(joes), timestamp), { tag: 'account', account });
  for (const [user, digest, of] of [
    ['joe', digestOf('other'), timestamp],
    ['joe', digestOf(joes, '<old>'), timestamp],
    ['joe', digestOf(joes, ''), ''],
    ['joe', digestOf(joes).slice(1), timestamp],
    ['joe', '', timestamp],
    ['joe', joes, timestamp],
    ['amy', digestOf(joes), timestamp],
    ['nobody', digestOf(joes), timestamp],
    ['../joe', digestOf(joes), timestamp],
  ] as const) {
    assert.equal(tag(accounts.verifyApop(user, digest, of)), 'refused', `${user} ${digest} ${of}`);
  }
});

test('a file that others can read, or somebody else owns, opens nothing and is told', async (t) => {
  const { accounts, file } = openHouse(t);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  for (const mode of [0o640, 0o604, 0o620, 0o602]) {
    chmodSync(file, mode);
    const verdict = accounts.verifyApop('joe', digestOf(joes), timestamp);
    assert.match(
      verdict.tag === 'trouble' ? verdict.text : verdict.tag,
      /^APOP: .*users\/apop: others than its owner .*chmod 600/,
    );
  }
  chmodSync(file, 0o600);
  assert.equal(tag(accounts.verifyApop('joe', digestOf(joes), timestamp)), 'account');
  assert.equal(tag(await accounts.verify('joe', joes)), 'account');
  if (own !== 0) return;
  chownSync(file, 8001, 8001);
  const verdict = accounts.verifyApop('joe', digestOf(joes), timestamp);
  assert.match(verdict.tag === 'trouble' ? verdict.text : verdict.tag, /belongs to uid 8001, not to root or uid 0/);
});

test('tqmail passwd takes a user out again whose password was set without --apop, and one that is removed', (t) => {
  const { accounts, file, passwd } = openHouse(t);
  assert.equal(passwd(['amy', '--apop'], 'amys\n'), 0);
  assert.equal(readFileSync(file, 'latin1'), `joe:${joes}\namy:amys\n`);
  assert.equal(passwd(['joe', '--apop'], 'new\n'), 0);
  assert.equal(readFileSync(file, 'latin1'), 'amy:amys\njoe:new\n');
  assert.equal(tag(accounts.verifyApop('joe', digestOf(joes), timestamp)), 'refused');
  assert.equal(tag(accounts.verifyApop('joe', digestOf('new'), timestamp)), 'account');
  assert.equal(passwd(['joe'], 'hashed\n'), 0);
  assert.equal(tag(accounts.verifyApop('joe', digestOf('new'), timestamp)), 'refused');
  assert.equal(tag(accounts.verifyApop('joe', digestOf('hashed'), timestamp)), 'refused');
  assert.equal(passwd(['amy', '--delete', '--apop']), 64);
  assert.equal(passwd(['amy', '--delete']), 0);
  assert.equal(readFileSync(file, 'latin1'), '');
  assert.equal(tag(accounts.verifyApop('amy', digestOf('amys'), timestamp)), 'refused');
});

test('checkpassword takes a digest where the file is there, and passwords as before', (t) => {
  const { home, file } = openHouse(t);
  const check = (second: string, third = timestamp) => {
    const input = Buffer.from(`joe\0${second}\0${third}\0`, 'latin1');
    const program = `exec 3<&0; exec "$0" sh -c 'echo $USER'`;
    const { status, stdout } = spawnSync('sh', ['-c', program, bin('checkpassword')], {
      env: { PATH: process.env.PATH, QMAILHOME: home },
      input,
      encoding: 'latin1',
    });
    return `${status} ${stdout}`;
  };
  assert.equal(check(digestOf(joes)), '0 joe\n');
  assert.equal(check(joes, ''), '0 joe\n');
  assert.equal(check(digestOf('other')), '1 ');
  chmodSync(file, 0o644);
  assert.equal(check(digestOf(joes)), '111 ');
  rmSync(file);
  assert.equal(check(digestOf(joes)), '1 ');
});
