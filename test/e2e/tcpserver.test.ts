/**
 * The tcpserver of ucspi-tcp runs bin/qmail-smtpd as it runs qmail's: a message goes through to a Maildir, with a server
 * that runs and with one that starts later.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { launcher } from '../cli/command.js';
import { Client, sendMessage } from '../support/line-client.js';
import { backwards, type Ending, localRecipient, type MailHome, makeMailHome, openFolder } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';

/** Why tcpserver cannot be used here, or undefined. */
function missing(): string | undefined {
  const { error } = spawnSync('tcpserver', [], { stdio: 'ignore' });
  return error === undefined ? undefined : 'not applicable: tcpserver is not installed';
}

/** Resolves to the port. `rules`: access rules as a text for tcprules. */
async function tcpserver(ending: Ending, home: MailHome, rules: string): Promise<number> {
  const cdb = join(home.path, 'tcp.cdb');
  const made = spawnSync('tcprules', [cdb, `${cdb}.tmp`], { input: rules });
  assert.equal(made.status, 0, String(made.stderr));
  const child = spawn(
    'tcpserver',
    ['-1', '-H', '-R', '-l', 'mx.tcp.test', '-x', cdb, '127.0.0.1', '0', launcher('qmail-smtpd')],
    {
      env: { ...process.env, QMAILHOME: home.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  ending.after(() => void child.kill('SIGTERM'));
  for await (const line of createInterface({ input: child.stdout })) return Number(line);
  throw new Error('tcpserver ended without a port');
}

const arrived = ({ maildir }: MailHome): string[] =>
  readdirSync(join(maildir, 'new')).map((name) => readFileSync(join(maildir, 'new', name), 'latin1'));

async function prepare(t: TestContext): Promise<{ ending: Ending; home: MailHome }> {
  const ending = backwards(t);
  return { ending, home: await makeMailHome(openFolder(ending), 9) };
}

test('tcpserver and bin/qmail-smtpd: a message goes through to a Maildir while the server runs', async (t) => {
  const why = missing();
  if (why !== undefined) return t.diagnostic(why);
  const { ending, home } = await prepare(t);
  const server = new ServerProcess(ending, home);
  await server.seen(/status: local/);
  const port = await tcpserver(ending, home, '127.:allow\n');
  assert.match(await sendMessage(port, '127.0.0.1', 'a@b.test', [localRecipient]), /^250 ok \d+ qp \d+$/);
  await drained(server);
  const [message = '', ...more] = arrived(home);
  assert.deepEqual(more, []);
  assert.match(message, /^Received: from unknown \(HELO client\.example\) \(127\.0\.0\.1\)\n {2}by mx\.tcp\.test with SMTP; /m);
  assert.match(message, /\nSubject: hello\n\nIt works\.\n$/);
});

test('what came while no server ran is delivered when one starts; rules say who may relay', async (t) => {
  const why = missing();
  if (why !== undefined) return t.diagnostic(why);
  const { ending, home } = await prepare(t);
  writeFileSync(join(home.path, 'control/rcpthosts'), 'mail.example.org\n');
  const closed = await tcpserver(ending, home, ':allow,DATABYTES="4000"\n');
  const client = new Client(closed, '127.0.0.1');
  await client.hears(/^220 .*\r\n/);
  assert.match(await client.ask('EHLO x'), /250 SIZE 4000/);
  await client.ask('MAIL FROM:<a@b.test>');
  assert.match(await client.ask('RCPT TO:<a@elsewhere.test>'), /^553 /);
  client.socket.end('QUIT\r\n');
  await client.closed;
  const relay = await tcpserver(ending, home, '127.0.0.1:allow,RELAYCLIENT=""\n');
  const to = [localRecipient, 'a@mail.example.org'];
  assert.match(await sendMessage(relay, '127.0.0.1', '', [...to, 'a@elsewhere.test']), /^250 ok \d+ qp \d+$/);
  const listed = spawnSync(launcher('tqmail'), ['queue', '--home', home.path], { encoding: 'utf8' }).stdout;
  assert.match(listed, /todo\ta@elsewhere\.test/);
  const server = new ServerProcess(ending, home);
  await server.seen(/success: did_/);
  assert.match(arrived(home).join(''), /It works/);
});
