/** qmail-pw2u: subusers and folders of .qmail files, which the recorded cases leave out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listSubusers, listUsers } from '../../src/protocol/users-list.js';

const options = { delimiter: '-', dash: '-', upperCase: false };
const none = { include: undefined, exclude: undefined, mailnames: undefined, subusers: undefined };
const passwd = 'root:x:0:0::/root:/bin/sh\nalias:x:7:8::/a:/x\njoe:x:1:2::/home/joe:/x\n';

test('a subuser has the files of its prefix', () => {
  const { users } = listUsers(passwd, none, options, () => true);
  assert.deepEqual(listSubusers(['web:joe:www:', 'short:joe'], users, options), {
    lines: '=web:joe:1:2:/home/joe:-:www:\n+web-:joe:1:2:/home/joe:-:www-:\n',
  });
  assert.deepEqual(listSubusers(['web:joe:www:', 'x:amy:y:'], users, options), { unknown: 'amy' });
});

test('.qmail files in folders, and no extensions', () => {
  const { lines } = listUsers(passwd, none, { ...options, dash: '-/' }, () => true);
  assert.ok(lines.startsWith('+:alias:7:8:/a:-/::\n=alias:alias:7:8:/a:::\n+alias-:alias:7:8:/a:-/::\n'));
  assert.doesNotMatch(listUsers(passwd, none, { ...options, delimiter: '' }, () => true).lines, /^\+[^:]/m);
});

test('root is never listed, nor is its home looked at', () => {
  const asked: string[] = [];
  const { users } = listUsers(passwd, none, options, (home) => asked.push(home) > 0);
  assert.deepEqual([...users.keys()], ['alias', 'joe']);
  assert.deepEqual(asked, ['/a', '/home/joe']);
});

test('a subuser line has three colons; its user is found in any case; of equal accounts the last counts', () => {
  const { users } = listUsers(`${passwd}joe:x:3:4::/other:/x\n`, none, options, () => true);
  const { lines } = listSubusers(['web:JOE:www:more', 'short:joe:www', '#x:joe:y:'], users, { ...options, delimiter: '' }) as {
    lines: string;
  };
  assert.equal(lines, '=web:joe:3:4:/other:-:www:\n=#x:joe:3:4:/other:-:y:\n');
});

test('mailnames: a line without colon changes nothing, the user is meant in any case, no names is no line', () => {
  const of = (...mailnames: string[]): string =>
    listUsers(passwd, { ...none, mailnames }, { ...options, delimiter: '' }, () => true)
      .lines.split('\n')
      .filter((line) => line.includes(':joe:'))
      .join();
  assert.equal(of('joe'), '=joe:joe:1:2:/home/joe:::');
  assert.equal(of('JOE:j::jo'), '=j:joe:1:2:/home/joe:::,=jo:joe:1:2:/home/joe:::');
  assert.equal(of('joe:'), '');
});

test('an account with a NUL is passed over', () => {
  assert.equal(listUsers('j\0oe:x:1:2::/home/joe:/x\n', none, options, () => true).lines, '');
});
