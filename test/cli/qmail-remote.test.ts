/**
 * qmail-remote beyond the recorded cases: its own control files, long messages, QMTP, hosts that are down; and the
 * commands that show and empty the table of those.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DeafServer } from '../support/deaf-server.js';
import { QmtpServer } from '../support/qmtp-server.js';
import { greeting, pipelining, transaction } from '../support/remote-sessions.js';
import { ScriptedSmtpServer, type Step } from '../support/scripted-smtp-server.js';
import { run, scratch } from './command.js';

function homeWith(t: TestContext, controls: Readonly<Record<string, string>>): string {
  const home = join(scratch(t), 'home');
  for (const name of ['control', 'queue']) mkdirSync(join(home, name), { recursive: true });
  for (const [name, text] of Object.entries({ me: 'mail.example.org\n', ...controls }))
    writeFileSync(join(home, 'control', name), text);
  return home;
}

async function smtp(t: TestContext, ...steps: readonly Step[]): Promise<[ScriptedSmtpServer, number]> {
  const server = new ScriptedSmtpServer(steps);
  t.after(() => server.stop());
  return [server, await server.start()];
}

async function report(t: TestContext, home: string, stdin: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(t, 'qmail-remote', args, { env: { QMAILHOME: home }, stdin }).finished;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return stdout;
}

const envelope = ['one.test', 'a@b.c', 'joe@one.test'];
const accepted = 'r\0K127.0.0.1 accepted message.\nRemote host said: 250 accepted\n\0';

test('control/remotegreet makes it say EHLO and use what the server offers', async (t) => {
  const [server, port] = await smtp(t, ...pipelining, ...transaction());
  const home = homeWith(t, { smtproutes: `:127.0.0.1:${port}\n`, remotegreet: 'ehlo\n' });
  assert.equal(await report(t, home, 'Subject: s\n\n\xe9\n', ...envelope), accepted);
  assert.match(server.received[0] ?? '', /^EHLO mail\.example\.org\r\nMAIL FROM:<a@b\.c> SIZE=\d+ BODY=8BITMIME\r\n/);
});

test('a strict control file that is wrong defers, and the report names file and line', async (t) => {
  const home = homeWith(t, { nameservers: '# ours\nnowhere\n' });
  assert.match(await report(t, home, 'x\n', ...envelope), /^Zcontrol\/nameservers line 2: "nowhere" .* \(#4\.3\.0\)\n\0$/);
});

test('a message that is not kept in memory arrives whole', async (t) => {
  const [server, port] = await smtp(t, ...greeting, ...transaction());
  const line = `.${'x'.repeat(62)}\n`;
  const home = homeWith(t, { smtproutes: `:127.0.0.1:${port}\n` });
  assert.equal(await report(t, home, line.repeat(40_000), ...envelope), accepted);
  const data = /DATA\r\n(.*)\.\r\nQUIT\r\n$/s.exec(server.received[0] ?? '')?.[1];
  assert.ok(data === `.${line.slice(0, -1)}\r\n`.repeat(40_000), `${data?.length} octets`);
});

test('a QMTP route', async (t) => {
  const server = new QmtpServer();
  t.after(() => server.stop());
  const home = homeWith(t, { qmtproutes: `one.test:127.0.0.1:${await server.start()}\n`, smtproutes: ':127.0.0.1:1\n' });
  const long = 'line\n'.repeat(300_000);
  const reply = 'r\0K127.0.0.1 accepted message.\nRemote host said: ok 1 qp 2\n\0';
  assert.equal(await report(t, home, long, ...envelope), reply);
  assert.equal(await report(t, home, 'a', ...envelope), reply);
  assert.deepEqual(
    server.messages.map(({ body }) => body.length),
    [long.length + 1, 3],
  );
});

test('two timeouts two minutes apart silence a host until qmail-tcpok', async (t) => {
  const deaf = new DeafServer();
  t.after(() => deaf.stop());
  const port = await deaf.start('127.0.0.2');
  const home = homeWith(t, { smtproutes: `:127.0.0.2:${port}\n`, timeoutconnect: '1\n' });
  const env = { QMAILHOME: home };
  const table = join(home, 'queue/tcpto');
  const down = "ZSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n\0";
  assert.equal(await report(t, home, 'x\n', ...envelope), down);
  const [, when = ''] = /^127\.0\.0\.2 1 (\d+)\n$/.exec(readFileSync(table, 'latin1')) ?? [];
  writeFileSync(table, `127.0.0.2 1 ${Number(when) - 200}\n`);
  assert.equal(await report(t, home, 'x\n', ...envelope), down);
  const shown = await run(t, 'qmail-tcpto', [], { env }).finished;
  assert.match(shown.stdout, /^127\.0\.0\.2 timed out \d seconds ago; # recent timeouts: 2\n$/);
  const start = performance.now();
  writeFileSync(join(home, 'control/timeoutconnect'), '30\n');
  assert.equal(await report(t, home, 'x\n', ...envelope), down);
  assert.ok(performance.now() - start < 20_000, 'it tried to connect');
  assert.deepEqual(await run(t, 'qmail-tcpok', [], { env }).finished, { code: 0, stdout: '', stderr: '' });
  assert.deepEqual(await run(t, 'qmail-tcpto', [], { env }).finished, { code: 0, stdout: '', stderr: '' });
});

test('the table of a home that is none', async (t) => {
  for (const name of ['qmail-tcpto', 'qmail-tcpok']) {
    const { code, stdout, stderr } = await run(t, name, [], { env: { QMAILHOME: join(scratch(t), 'none') } }).finished;
    assert.deepEqual({ code, stdout }, { code: 111, stdout: '' });
    assert.match(stderr, /^fatal: .*none\/queue: /);
  }
});
