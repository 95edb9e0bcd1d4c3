/** Sources of user lookup on disk: read once, read again when changed, damage defers. */
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assignToRecords } from '../../src/protocol/assign.js';
import { cdbWrite } from '../../src/protocol/cdb.js';
import { lookupUser } from '../../src/protocol/users.js';
import { Accounts, parsePasswd, passwdPath } from '../../src/store/accounts.js';
import { UsersFile } from '../../src/store/users-file.js';

test('passwd lines: the first of a name counts, others of a wrong shape are passed over', () => {
  const accounts = parsePasswd(
    'joe:x:1:2:Joe:/home/joe:/bin/sh\n\n#no\nbad:x:one:2::/h:\njoe:x:9:9::/other:\nshort:x:1\nlast:x:3:4::/l',
  );
  assert.deepEqual([...accounts.keys()], ['joe', 'last']);
  assert.deepEqual(accounts.get('joe'), { name: 'joe', uid: 1, gid: 2, home: '/home/joe' });
});

test('the passwd file of the tests is not honoured for root', () => {
  assert.equal(passwdPath({ TQMAIL_PASSWD: '/x' }, 0), '/etc/passwd');
  assert.equal(passwdPath({ TQMAIL_PASSWD: '/x' }, 1000), '/x');
  assert.equal(passwdPath({}, 1000), '/etc/passwd');
});

test('users/cdb and passwd are read again after a change', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-users-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'users'));
  mkdirSync(join(home, 'own'));
  const uid = process.getuid?.() ?? 0;
  const passwd = join(home, 'passwd');
  writeFileSync(passwd, 'alias:x:7:7::/alias:\n');
  const users = new UsersFile(home, new Accounts(passwd), () => performance.now());
  const who = async (): Promise<string> => {
    const answer = await lookupUser('joe', users.sources());
    return answer.tag === 'user' ? answer.user.user : `defer ${answer.code}`;
  };
  assert.equal(await who(), 'alias');
  writeFileSync(passwd, `alias:x:7:7::/alias:\njoe:x:${uid}:7::${join(home, 'own')}:\n`);
  assert.equal(await who(), uid === 0 ? 'alias' : 'joe');
  const records = assignToRecords('=joe:assigned:5:5:/h:::\n.\n');
  assert.ok(records.ok);
  writeFileSync(join(home, 'users/cdb'), cdbWrite(records.records));
  assert.equal(await who(), 'assigned');
  writeFileSync(join(home, 'users/cdb'), 'damaged');
  assert.equal(await who(), 'defer 117');
});

test('without an account alias the folder alias/ is that user, unless root owns it', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-users-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const passwd = join(home, 'passwd');
  writeFileSync(passwd, 'other:x:7:7::/other:\n');
  const ask = () => lookupUser('nobody-here', new UsersFile(home, new Accounts(passwd), () => 0).sources());
  assert.deepEqual(await ask(), { tag: 'defer', code: 116 });
  mkdirSync(join(home, 'alias'));
  const owner = process.getuid?.() === 0 ? 12_345 : (process.getuid?.() ?? 0);
  if (process.getuid?.() === 0) {
    assert.deepEqual(await ask(), { tag: 'defer', code: 116 });
    chownSync(join(home, 'alias'), owner, owner);
  }
  const answer = await ask();
  assert.ok(answer.tag === 'user');
  assert.deepEqual(
    { ...answer.user, gid: 0 },
    { user: 'alias', uid: owner, gid: 0, home: `${home}/alias`, dash: '-', ext: 'nobody-here' },
  );
  writeFileSync(passwd, 'alias:x:7:7::/alias:\n');
  assert.equal(((await ask()) as { user: { uid: number } }).user.uid, 7);
});
