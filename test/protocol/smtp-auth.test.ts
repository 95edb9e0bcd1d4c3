/**
 * AUTH of the server session: its three mechanisms in one or several lines, what is refused, and what an open decision holds back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toByteString } from '../../src/protocol/bytes.js';
import { SmtpServerSession } from '../../src/protocol/smtp/server.js';
import type { SmtpServerOptions } from '../../src/protocol/smtp/session.js';

const options: SmtpServerOptions = {
  greeting: 'here',
  databytes: 0,
  maxRecipients: 10,
  maxCommandLine: 512,
  maxErrors: 100,
  maxHops: 100,
  barecr: 'reject',
  maxHeader: 0,
  auth: true,
};

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

/** Says lines after EHLO; answers replies and whom AUTH named. Logins of `bad` are refused. */
function say(lines: readonly string[], more: Partial<SmtpServerOptions> = {}, hello = 'EHLO me') {
  const session = new SmtpServerSession({ ...options, ...more });
  const logins: string[] = [];
  session.receive(Buffer.from(`${[hello, ...lines].join('\r\n')}\r\n`, 'latin1'));
  for (let event = session.next(); event !== undefined; event = session.next()) {
    if (event.tag === 'login') {
      logins.push(`${event.user}:${event.secret}`);
      session.decide(event.user === 'bad' ? { accept: false, code: 535, text: 'no' } : { accept: true });
    } else if (event.tag === 'mail' || event.tag === 'rcpt') session.decide({ accept: true });
  }
  const replies = toByteString(Buffer.from(session.output(), 'latin1')).trimEnd().split('\r\n');
  return { replies: replies.slice(replies.findIndex((line) => line.startsWith('250 ')) + 1), all: replies, logins };
}

test('each mechanism, at once and line by line', () => {
  assert.deepEqual(say([`AUTH PLAIN ${base64('\0joe\0secret')}`]).logins, ['joe:secret']);
  const later = say(['auth plain', base64('other\0joe\0')]);
  assert.deepEqual([later.replies, later.logins], [['334 ', '235 ok, welcome (#2.7.0)'], ['joe:']]);
  const asked = say(['AUTH LOGIN', base64('joe'), base64('s p')]);
  assert.deepEqual(asked.replies, ['334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6', '235 ok, welcome (#2.7.0)']);
  assert.deepEqual(asked.logins, ['joe:s p']);
  assert.deepEqual(say([`AUTH LOGIN ${base64('joe')}`, base64('s')]).logins, ['joe:s']);
  const bearer = base64('user=joe@x\u0001auth=Bearer abc\u0001\u0001');
  assert.deepEqual(say([`AUTH XOAUTH2 ${bearer}`]).logins, ['joe@x:abc']);
});

test('it is announced, and only where it is offered', () => {
  assert.ok(say([]).all.some((line) => /^250[- ]AUTH PLAIN LOGIN XOAUTH2$/.test(line)));
  const without = say(['AUTH PLAIN AGEAYg=='], { auth: false });
  assert.ok(!without.all.some((line) => /AUTH/.test(line)));
  assert.deepEqual([without.replies, without.logins], [['502 unimplemented (#5.5.1)'], []]);
});

test('what is not right is refused and the session goes on', () => {
  const codes = (lines: readonly string[], hello?: string): string[] =>
    say([...lines, 'NOOP'], {}, hello).replies.map((line) => line.slice(0, 3));
  assert.deepEqual(codes(['AUTH']), ['501', '250']);
  assert.deepEqual(codes(['AUTH DIGEST-MD5']), ['504', '250']);
  assert.deepEqual(codes(['AUTH PLAIN =']), ['501', '250']);
  assert.deepEqual(codes(['AUTH PLAIN', '*']), ['334', '501', '250']);
  assert.deepEqual(codes(['AUTH PLAIN', '!!!!']), ['334', '501', '250']);
  assert.deepEqual(codes(['AUTH PLAIN', 'x'.repeat(600)]), ['334', '500', '250']);
  assert.deepEqual(codes([`AUTH PLAIN ${base64('\0bad\0x')}`]), ['535', '250']);
  assert.deepEqual(codes([`AUTH PLAIN ${base64('\0a\0x')}`, 'AUTH PLAIN']), ['235', '503', '250']);
  assert.deepEqual(codes([`AUTH PLAIN ${base64('\0bad\0x')}`, `AUTH PLAIN ${base64('\0a\0x')}`]), ['535', '235', '250']);
  assert.deepEqual(codes(['MAIL FROM:<a@b>', 'AUTH PLAIN']), ['250', '503', '250']);
  assert.deepEqual(say(['AUTH PLAIN'], {}, 'HELO me').replies, ['503 EHLO first (#5.5.1)']);
});
