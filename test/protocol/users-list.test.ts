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
