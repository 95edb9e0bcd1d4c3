/**
 * Clients that log in and addresses beyond ASCII: what stands in a kept message of them, and rules for the stage `auth`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSink } from '../../../src/actors/sink/sink.js';
import { runLoad } from '../../../src/actors/source/source.js';
import { loginsFrom } from '../../../src/cli/load/logins.js';
import { sourceOrder } from '../../support/source-order.js';
import { talk } from './submit.js';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const plain = (name: string): string => `AUTH PLAIN ${Buffer.from(`\0${name}\0pw`, 'utf8').toString('base64')}`;
const rest = (to: string): string[] => ['MAIL FROM:<a@x>', `RCPT TO:<${to}>`, 'DATA', 'Subject: x\r\n\r\nhi\r\n.', 'QUIT'];

test('any name may log in and is shown; a rule refuses; who did not log in has none', async (t) => {
  const sink = await startSink({ rules: 'auth *@wrong.example 535 wrong password' });
  t.after(() => sink.close());
  const said = await talk(sink.port(), ['EHLO me', plain('jürgen'), ...rest('one@x')]);
  assert.match(said[2] ?? '', /^235 /);
  const refused = await talk(sink.port(), ['EHLO me', plain('j@wrong.example'), ...rest('two@x')]);
  assert.equal(refused[2], '535 wrong password');
  const first = await sink.wait({ to: 'one@x' });
  const second = await sink.wait({ to: 'two@x' });
  assert.deepEqual([first.login, second.login, sink.report().refused5], ['jürgen', '', 1]);
  assert.ok(first.transcript.some((line) => line.startsWith('C: AUTH PLAIN ')));
});

test('connections of the source log in, as one user after another; whoever is refused sends nothing', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-logins-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const users = join(dir, 'users');
  writeFileSync(users, 'ann:a:b\r\nbob:pw\n');
  const sink = await startSink({ rules: 'auth *@wrong.example 535 wrong password', tls: 'self-made' });
  t.after(() => sink.close());
  const order = sourceOrder(sink.port(), { messages: 6, sessions: 1, perSession: 1 });
  const load = (file: string, starttls: boolean) =>
    runLoad({ ...order, target: { ...order.target, starttls, logins: loginsFrom(file) } });
  for (const starttls of [false, true]) {
    const report = await load(users, starttls);
    assert.deepEqual([report.accepted, report.tls], [6, starttls ? 6 : 0], report.firstTrouble ?? '');
    const logins = sink.messages().map(({ login }) => login);
    assert.deepEqual(logins, ['ann', 'bob', 'ann', 'bob', 'ann', 'bob']);
    const said = sink.messages()[0]?.transcript.find((line) => line.startsWith('C: AUTH '));
    assert.equal(said, `C: AUTH PLAIN ${Buffer.from('\0ann\0a:b').toString('base64')}`);
    sink.clear();
  }
  writeFileSync(users, 'x@wrong.example:pw');
  const refused = await load(users, false);
  assert.deepEqual([refused.accepted, refused.unsent, refused.connections], [0, 6, 0]);
  assert.match(refused.firstTrouble ?? '', /my login was rejected\.\nRemote host said: 535 wrong password/);
  for (const [text, line] of [
    ['', 1],
    ['a:b\nno colon\n', 2],
    [':secret', 1],
    ['name:', 1],
    ['a:b\n\nc:d', 2],
  ] as const) {
    writeFileSync(users, text);
    assert.throws(() => loginsFrom(users), { name: 'ToolUsage', message: `--auth ${users}: line ${line} is not NAME:SECRET` });
  }
  assert.throws(() => loginsFrom(join(dir, 'none')), /--auth .*none: ENOENT/);
});

test('UTF-8 in addresses and headers is shown and found as text', async (t) => {
  const sink = await startSink();
  t.after(() => sink.close());
  const body = latin1('From: Jürgen <jürgen@exämple.org>\r\nSubject: Größe\r\n\r\nKörper\r\n');
  const address = latin1('zoë@exämple.org');
  await talk(sink.port(), ['EHLO me', `MAIL FROM:<${address}> SMTPUTF8`, `RCPT TO:<${address}>`, 'DATA', `${body}.`, 'QUIT']);
  const message = await sink.wait({ to: 'ZOË@', from: 'jürgen', subject: 'größe', text: 'körper' });
  assert.deepEqual([message.sender, message.recipients], ['zoë@exämple.org', ['zoë@exämple.org']]);
  assert.ok(message.transcript.includes('C: RCPT TO:<zoë@exämple.org>'));
});

test('text is found in bodies that are encoded, and only the text', async (t) => {
  const sink = await startSink();
  t.after(() => sink.close());
  const encoded = Buffer.from('Schöne Grüße aus Köln').toString('base64');
  const head = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding:';
  const bodies = [`${head} base64\r\n\r\n${encoded}\r\n`, `${head} quoted-printable\r\n\r\nSch=C3=B6ne Gr=\r\n=C3=BC=C3=9Fe\r\n`];
  for (const body of bodies) {
    await talk(sink.port(), ['EHLO me', 'MAIL FROM:<a@x>', 'RCPT TO:<b@x>', 'DATA', `${body}.`, 'QUIT']);
  }
  assert.equal(sink.messages({ text: 'schöne grüße' }).length, 2);
  assert.equal(sink.messages({ text: 'köln' }).length, 1);
  assert.equal(sink.messages({ text: 'hamburg' }).length, 0);
});
