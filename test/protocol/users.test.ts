/** From local part to user: users/assign through a table, then the accounts (spec local.md §1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignToRecords } from '../../src/protocol/assign.js';
import { cdbGet, cdbWrite } from '../../src/protocol/cdb.js';
import { type Account, lookupUser, type UserSources } from '../../src/protocol/users.js';

const accounts: readonly Account[] = [
  { name: 'joe', uid: 1001, gid: 100, home: '/home/joe', homeOwner: 1001 },
  { name: 'joe-list', uid: 1002, gid: 100, home: '/home/joe-list', homeOwner: 1002 },
  { name: 'badown', uid: 1003, gid: 100, home: '/home/badown', homeOwner: 1 },
  { name: 'nohome', uid: 1004, gid: 100, home: '/home/nohome', homeOwner: undefined },
  { name: 'Big', uid: 1005, gid: 100, home: '/home/big', homeOwner: 1005 },
  { name: 'root', uid: 0, gid: 0, home: '/root', homeOwner: 0 },
  { name: 'alias', uid: 7790, gid: 2108, home: '/var/qmail/alias', homeOwner: 7790 },
];
const system: UserSources = { account: (name) => accounts.find((account) => account.name === name) };

async function who(local: string, sources: UserSources = system): Promise<string> {
  const answer = await lookupUser(local, sources);
  return answer.tag === 'defer' ? `defer ${answer.code}` : `${answer.user.user}|${answer.user.dash}|${answer.user.ext}`;
}

function table(assign: string): UserSources {
  const records = assignToRecords(assign);
  assert.ok(records.ok);
  const file = cdbWrite(records.records);
  return { ...system, get: (key) => cdbGet(file, key) };
}

test('accounts: the longest name before a break, owned homes alone, the rest to alias', async () => {
  const expected: Readonly<Record<string, string>> = {
    joe: 'joe||',
    JOE: 'joe||',
    'joe-A.b': 'joe|-|A.b',
    'joe-': 'joe|-|',
    'joe-list': 'joe-list||',
    'joe-list-x': 'joe-list|-|x',
    'joe-listx': 'joe|-|listx',
    badown: 'alias|-|badown',
    nohome: 'alias|-|nohome',
    Big: 'alias|-|Big',
    root: 'alias|-|root',
    '-x': 'alias|-|-x',
    [`joe-${'x'.repeat(40)}`]: `joe|-|${'x'.repeat(40)}`,
  };
  for (const [local, user] of Object.entries(expected)) assert.equal(await who(local), user, local);
});

test('trouble with a home and a missing alias user defer', async () => {
  assert.equal(await who('joe', { account: () => 'trouble' }), 'defer 115');
  assert.equal(await who('joe', { account: () => undefined }), 'defer 116');
});

test('users/cdb: exact, then prefixes; the example of the assign page', async () => {
  const sources = table('=joe:joe:1:1:/home/joe:::\n+joe-:joe:1:1:/home/joe:-::\n+:alias:2:2:/var/qmail/alias:-::\n.\n');
  assert.equal(await who('joe', sources), 'joe||');
  assert.equal(await who('Joe', sources), 'joe||');
  assert.equal(await who('joe-a.B', sources), 'joe|-|a.B');
  assert.equal(await who('bill', sources), 'alias|-|bill');
});

test('users/cdb: pre is put before the rest; no hit falls to the accounts; damage defers', async () => {
  const sources = table('+sales.:web:5:5:/web:-:sales-:\n.\n');
  assert.equal(await who('SALES.North', sources), 'web|-|sales-North');
  assert.equal(await who('joe', sources), 'joe||');
  assert.equal(await who('joe', { ...system, get: () => ({ tag: 'damaged' }) }), 'defer 117');
});

test('a record that is no assignment counts as damage', async () => {
  const file = cdbWrite([{ key: Buffer.from('!joe\0'), value: Buffer.from('joe\0x\0') }]);
  assert.equal(await who('joe', { ...system, get: (key) => cdbGet(file, key) }), 'defer 117');
  assert.equal(await who('amy', { ...system, get: (key) => cdbGet(file, key) }), 'defer 117', 'no record of wildcard ends');
});

test('users/assign: the faulty line is named', () => {
  const fault = (text: string): unknown => {
    const records = assignToRecords(text);
    return records.ok ? 'ok' : records.line;
  };
  assert.equal(fault('.\n'), 'ok');
  assert.equal(fault('=joe:joe:1:1:/h:::\n'), 2);
  assert.equal(fault('=joe:joe:1:1:/h:::\n=amy:amy:1:1:/h::\n.\n'), 2);
  assert.equal(fault('no colon\n.\n'), 1);
  assert.equal(fault(':joe:1:1:/h:::\n.\n'), 1);
  assert.equal(fault('=jo\0e:joe:1:1:/h:::\n.\n'), 1);
  assert.equal(fault(''), 1);
});

test('users/assign: the first of two equal addresses counts, the ends of wildcards are kept', async () => {
  const records = assignToRecords('+a-:x:1:1:/x:-::\n+b.:x:1:1:/x:-::\n+c-:x:1:1:/x:-::\n+:x:1:1:/x:-::\n.\nrest');
  assert.ok(records.ok);
  const last = records.records.at(-1);
  assert.equal(Buffer.from(last?.value ?? []).toString(), '-.');
  const upper = assignToRecords('+aX:x:1:1:/x:-::\n+Bx:x:1:1:/x:-::\n.\n');
  assert.ok(upper.ok);
  assert.equal(Buffer.from(upper.records.at(-1)?.value ?? []).toString(), 'Xx', 'in the case of the file');
  assert.equal(await who('j', table('=j:one:1:1:/x:::\n=J:two:2:2:/x:::\n.\n')), 'one||');
});
