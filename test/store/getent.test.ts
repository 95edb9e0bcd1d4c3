/** Accounts beyond the passwd file: asked from getent, few at a time, kept for a while, never by number or as an option. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { lookupUser } from '../../src/protocol/users.js';
import { Accounts } from '../../src/store/accounts.js';
import { Getent, hasOtherSources } from '../../src/store/getent.js';
import { UsersFile } from '../../src/store/users-file.js';

/** A stand-in for getent that knows `ldap` and notes every question and how many run at once. */
const script = `#!/bin/sh
cd '%'
echo "$*" >>asked
mkdir "running.$$"
ls -d running.* | wc -l >>"at-once"
case $2 in
  ldap) echo "ldap:*:$(id -u):77:From afar:%/afar:/bin/sh" ;;
  down) rmdir "running.$$"; exit 1 ;;
  slow) exec sleep 60 ;;
  *) rmdir "running.$$"; exit 2 ;;
esac
rmdir "running.$$"
`;

interface Place {
  readonly folder: string;
  readonly asked: () => readonly string[];
  readonly getent: (overrides?: { patience?: number; program?: string; clock?: () => number }) => Getent;
}

function place(t: TestContext, sources = 'files sss'): Place {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-getent-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'getent');
  writeFileSync(program, script.replaceAll('%', folder));
  chmodSync(program, 0o755);
  const nsswitch = join(folder, 'nsswitch.conf');
  writeFileSync(nsswitch, `group: files\npasswd:\t${sources}\n`);
  const asked = (): readonly string[] =>
    existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'latin1').trim().split('\n') : [];
  return { folder, asked, getent: (overrides = {}) => new Getent({ clock: () => 0, program, nsswitch, ...overrides }) };
}

test('which configurations have accounts beyond the files', () => {
  assert.equal(hasOtherSources('passwd: files\n'), false);
  assert.equal(hasOtherSources('# passwd: sss\npasswd:\tfiles [NOTFOUND=return] # ldap\n'), false);
  assert.equal(hasOtherSources('hosts: dns\n'), false);
  assert.equal(hasOtherSources('passwd: files systemd\n'), true);
  assert.equal(hasOtherSources('passwd: [SUCCESS=merge] sss\n'), true);
  assert.equal(hasOtherSources('passwd:compat\n'), true);
});

test('a name that the passwd file does not have is asked once in five seconds', async (t) => {
  const { folder, asked, getent } = place(t);
  let now = 0;
  const passwd = join(folder, 'passwd');
  writeFileSync(passwd, 'joe:x:8001:8001::/home/joe:\n');
  const accounts = new Accounts(passwd, getent({ clock: () => now }));
  assert.equal(((await accounts.find('joe')) as { uid: number }).uid, 8001);
  assert.deepEqual(asked(), []);
  const found = await accounts.find('ldap');
  assert.deepEqual(found, { name: 'ldap', uid: process.getuid?.(), gid: 77, home: `${folder}/afar` });
  assert.equal(await accounts.find('nobody-here'), undefined);
  for (const name of ['ldap', 'nobody-here']) await accounts.find(name);
  assert.deepEqual(asked(), ['passwd ldap', 'passwd nobody-here']);
  now = 5001;
  await accounts.find('ldap');
  assert.equal(asked().length, 3);
});

test('what strangers write is no option, no uid and no second question', async (t) => {
  const { asked, getent } = place(t);
  const names = getent();
  for (const name of ['-s', '--help', '0', '8001', 'a b', 'a:b', 'a\nb', 'a\0b', '', 'j\xf6e']) {
    assert.equal(await names.ask(name), undefined, JSON.stringify(name));
  }
  assert.deepEqual(asked(), []);
});

test('at most four at once; where only the files count nobody is asked', async (t) => {
  const { folder, asked, getent } = place(t);
  const names = getent();
  await Promise.all(Array.from({ length: 12 }, (_, n) => names.ask(`user${n}`)));
  assert.equal(asked().length, 12);
  const atOnce = readFileSync(join(folder, 'at-once'), 'latin1').trim().split('\n').map(Number);
  assert.ok(Math.max(...atOnce) <= 4, String(atOnce));
  const files = place(t, 'files');
  assert.equal(await files.getent().ask('ldap'), undefined);
  assert.deepEqual(files.asked(), []);
});

test('no answer defers and is asked again; no getent means no such account', async (t) => {
  const { folder, asked, getent } = place(t);
  const passwd = join(folder, 'passwd');
  writeFileSync(passwd, 'alias:x:7790:2108::/alias:\n');
  const users = new UsersFile(folder, new Accounts(passwd, getent({ patience: 200 })), () => 0);
  const who = (local: string) => lookupUser(local, users.sources());
  for (const name of ['down', 'down', 'slow']) assert.deepEqual(await who(name), { tag: 'defer', code: 118 });
  assert.deepEqual(asked(), ['passwd down', 'passwd down', 'passwd slow']);
  const none = new UsersFile(folder, new Accounts(passwd, getent({ program: join(folder, 'missing') })), () => 0);
  const answer = await lookupUser('ldap', none.sources());
  assert.equal(answer.tag === 'user' && answer.user.user, 'alias');
});

/** Knows ldap and sss, and says like getent that one of several names is missing. */
const several = `#!/bin/sh
echo "$*" >>'%/asked'
shift
code=0
for name in "$@"; do
  case $name in
    ldap|sss) echo "$name:*:$(id -u):77::%/afar:/bin/sh" ;;
    down) exit 1 ;;
    *) code=2 ;;
  esac
done
exit $code
`;

test('names that may be asked for next are asked for together', async (t) => {
  const { folder, asked, getent } = place(t);
  writeFileSync(join(folder, 'getent'), several.replaceAll('%', folder));
  const passwd = join(folder, 'passwd');
  writeFileSync(passwd, 'joe:x:8001:8001::/home/joe:\n');
  let now = 0;
  const accounts = new Accounts(passwd, getent({ clock: () => now }));
  accounts.ahead(['ldap-a-b', 'ldap-a', 'ldap', '-x', 'joe', 'alias']);
  assert.equal(await accounts.find('ldap-a-b'), undefined);
  assert.equal(await accounts.find('ldap-a'), undefined);
  assert.deepEqual((await accounts.find('ldap')) as unknown, {
    name: 'ldap',
    uid: process.getuid?.(),
    gid: 77,
    home: `${folder}/afar`,
  });
  assert.deepEqual(asked(), ['passwd ldap-a-b ldap-a ldap'], 'those before the first that the file has, and no option');
  accounts.ahead(['ldap-a', 'ldap']);
  accounts.ahead(['joe']);
  accounts.ahead(['sss']);
  accounts.ahead(Array.from({ length: 9 }, (_, i) => `many-${i}`));
  assert.equal(asked().length, 1, 'known, or one alone, or too many');
  accounts.ahead(['down', 'sss']);
  assert.deepEqual(await Promise.all([accounts.find('down'), accounts.find('sss')]), ['unanswered', 'unanswered']);
  assert.notEqual(await accounts.find('sss'), 'unanswered', 'asked again by itself');
  now = 5000;
  assert.notEqual(await accounts.find('ldap'), undefined);
  assert.deepEqual(asked().slice(1), ['passwd down sss', 'passwd sss', 'passwd ldap']);
});
