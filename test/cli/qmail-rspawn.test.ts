/** qmail-rspawn with the real qmail-remote: several deliveries at a time, addresses of any octets, the folder of messages. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { greeting, transaction } from '../support/remote-sessions.js';
import { ScriptedSmtpServer } from '../support/scripted-smtp-server.js';
import { run, scratch } from './command.js';

const job = (number: number, message: string, recipient: string): string =>
  `${String.fromCharCode(number)}${message}\0a@b.c\0${recipient}\0`;

test('jobs become deliveries, each with a report of its own', async (t) => {
  const server = new ScriptedSmtpServer([...greeting, ...transaction()]);
  t.after(() => server.stop());
  const home = join(scratch(t), 'home');
  for (const name of ['control', 'queue/mess/7']) mkdirSync(join(home, name), { recursive: true });
  writeFileSync(join(home, 'control/me'), 'mail.example.org\n');
  writeFileSync(join(home, 'control/smtproutes'), `:127.0.0.1:${await server.start()}\n`);
  writeFileSync(join(home, 'queue/mess/7/30'), 'Subject: s\n\nhello\n');
  writeFileSync(join(home, 'queue/tcpto'), '127.0.0.1 2 1\n');
  const jobs = [job(1, '7/30', 'j\xf6e@one.test'), job(5, '7/30', 'amy@two.test'), job(9, '7/99', 'x@one.test')];
  const stdin = Buffer.from(jobs.join(''), 'latin1');
  const { code, stdout, stderr } = await run(t, 'qmail-rspawn', [], { env: { QMAILHOME: home }, stdin }).finished;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const accepted = 'K127.0.0.1 accepted message.\nRemote host said: 250 accepted\n';
  const reports = stdout.slice(1).split('\0').sort();
  assert.deepEqual(reports, ['', `\x01${accepted}`, `\x05${accepted}`, '\tZqmail-spawn unable to open message. (#4.3.0)\n']);
  assert.equal(stdout[0], 'x');
  assert.equal(existsSync(join(home, 'queue/tcpto')), false);
  const recipients = server.received.map((text) => /RCPT TO:<(.*)>/.exec(text)?.[1]).sort();
  assert.deepEqual(recipients, ['"j\xf6e"@one.test', 'amy@two.test']);
});
