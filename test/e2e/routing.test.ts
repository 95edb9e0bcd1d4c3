/**
 * The running server with a name server of the test's own: exchangers in their order, and the mail that cannot go
 * anywhere (null MX, a host that is ourselves, a user who does not exist), which comes back to its sender.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHome, startServer } from '../cli/command.js';
import { DnsServer, type Zone } from '../support/dns-server.js';
import { sendMessage } from '../support/line-client.js';
import { ScriptedSmtpServer, type Step } from '../support/scripted-smtp-server.js';

const local = 'mail.example.org';
const zone: Zone = {
  'routed.example': [
    ['MX', 20, 'second.example'],
    ['MX', 10, 'first.example'],
  ],
  'first.example': [['A', '127.0.0.2']],
  'second.example': [['A', '127.0.0.3']],
  'null.example': [['MX', 0, '.']],
  'loop.example': [['MX', 10, 'self.example']],
  'self.example': [['A', '127.0.0.1']],
};

const reply = (text: string): readonly Step[] => [{ line: true }, { send: `${text}\r\n` }];
const greets = (text: string): Step => ({ send: `${text}\r\n` });
const refusing: readonly Step[] = [greets('554 nobody home'), { close: true }];
const taking: readonly Step[] = [
  greets('220 second.example'),
  ...['250 second.example', '250 ok', '250 ok', '354 go'].flatMap(reply),
  { data: true },
  greets('250 taken'),
  ...reply('221 bye'),
  { close: true },
];

/** Two exchangers on one free port of two addresses. */
async function exchangers(): Promise<{ first: ScriptedSmtpServer; second: ScriptedSmtpServer; port: number }> {
  const first = new ScriptedSmtpServer(refusing);
  const second = new ScriptedSmtpServer(taking);
  const port = await first.start('127.0.0.2');
  await second.start('127.0.0.3', port);
  return { first, second, port };
}

test('mail finds the next exchanger, and what cannot be sent or delivered comes back with the reason', async (t) => {
  const { first, second, port } = await exchangers();
  const dns = new DnsServer(zone);
  const nameserver = await dns.start();
  t.after(() => Promise.all([first.stop(), second.stop(), dns.stop()]));
  const home = await makeHome(t);
  writeFileSync(join(home, 'control/nameservers'), `${nameserver}\n`);
  writeFileSync(join(home, 'control/listeners'), 'smtp 127.0.0.1:0 rules=control/tcp.smtp\n');
  writeFileSync(join(home, 'passwd'), '');
  const env = { TQMAIL_PORT_OFFSET: String(port - 25), TQMAIL_PASSWD: join(home, 'passwd') };
  const server = startServer(t, home, { node: 'real', env });
  const { listeners } = await server.ready();
  const to = ['joe@routed.example', 'joe@null.example', 'joe@loop.example', `nosuch@${local}`];
  assert.match(await sendMessage(listeners[0]?.port ?? 0, '127.0.0.1', `postmaster@${local}`, to), /^250 ok \d+ qp \d+$/);

  await server.seen(/delivery \d+: success: 127\.0\.0\.3_accepted_message/);
  assert.match(second.received[0] ?? '', /MAIL FROM:<postmaster@mail\.example\.org>[\s\S]*RCPT TO:<joe@routed\.example>/);
  assert.equal(first.received.length, 1, 'the better exchanger was asked first');
  await server.seen(/bounce msg \d+ qp \d+[\s\S]*delivery \d+: success: did_1\+0\+0/);
  const folder = join(home, 'alias/Maildir/new');
  const [name = ''] = readdirSync(folder);
  const bounce = readFileSync(join(folder, name), 'latin1');
  assert.match(bounce, /^From: MAILER-DAEMON@mail\.example\.org$/m);
  assert.match(
    bounce,
    /<joe@null\.example>:\nSorry, the host null\.example does not accept mail: its MX record is empty\. \(#5\.1\.10\)/,
  );
  assert.match(bounce, /<joe@loop\.example>:\nSorry\. Although I'm listed as a best-preference MX or A for that host,/);
  assert.match(bounce, /<nosuch@mail\.example\.org>:\nSorry, no mailbox here by that name\. \(#5\.1\.1\)/);
  assert.doesNotMatch(bounce, /routed\.example>:/);
});
