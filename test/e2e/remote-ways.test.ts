/** Ways of remote mail beside SMTP: a QMTP route, and the program of $QMAILREMOTE. */

import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../bench/process/port.js';
import { run } from '../cli/command.js';
import { QmtpServer } from '../support/qmtp-server.js';
import { backwards, banner, localRecipient, makeMailHome, openFolder, remoteRecipient } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

/** A port where nobody listens: what must not be used fails. */
const nowhere = 1;

test('a QMTP route carries messages one after another on one connection', async (t) => {
  const ending = backwards(t);
  const hop = new QmtpServer();
  const port = await hop.start();
  ending.after(() => hop.stop());
  const home = await makeMailHome(openFolder(ending), nowhere, { qmtproutes: `dest.test:127.0.0.1:${port}\n` });
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  const client = await (await SmtpDialogue.open(home.port)).greet();
  for (let delivery = 1; delivery <= 3; delivery += 1) {
    assert.match(await client.send([remoteRecipient], `Subject: ${delivery}\r\n\r\n..\r\n`), /^250 /);
    await server.seen(new RegExp(`^delivery ${delivery}: success: 127.0.0.1_accepted_message./Remote_host_said:_ok_1_qp_2/`));
  }
  assert.equal(hop.connections, 1);
  assert.deepEqual(
    hop.messages.map(({ body }) => /\nSubject: (\d)\n\n\.\n/.exec(body)?.[1]),
    ['1', '2', '3'],
  );
});

test('with $QMAILREMOTE the program delivers', async (t) => {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const program = join(folder, 'remote');
  writeFileSync(program, '#!/bin/sh\ngrep -q \'^Subject: by program$\' && printf \'r\\000Kgot %s for %s\\n\\000\' "$1" "$3"\n');
  chmodSync(program, 0o755);
  const home = await makeMailHome(folder, nowhere);
  const server = new ServerProcess(ending, home, { QMAILREMOTE: program });
  await banner(home.port);
  const client = await (await SmtpDialogue.open(home.port)).greet();
  assert.match(await client.send([remoteRecipient], 'Subject: by program\r\n\r\n'), /^250 /);
  await server.seen(/^delivery 1: success: got_dest\.test_for_box@dest\.test\//);
});

test('qmail-remote hands a message to a QMTP listener, of any octets', async (t) => {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const home = await makeMailHome(folder, nowhere);
  const port = await freePort();
  appendFileSync(join(home.path, 'control/listeners'), `qmtp 127.0.0.1:${port}\n`);
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  const client = join(folder, 'client');
  mkdirSync(join(client, 'control'), { recursive: true });
  writeFileSync(join(client, 'control/me'), 'client.example.org\n');
  writeFileSync(join(client, 'control/qmtproutes'), `:127.0.0.1:${port}\n`);
  const message = `Subject: by QMTP\n\n${'.line \xe9\n'.repeat(200_000)}`;
  const args = ['mail.example.org', 'sender@client.test', localRecipient, 'box@elsewhere.test'];
  const options = { env: { QMAILHOME: client }, stdin: Buffer.from(message, 'latin1') };
  const { stdout } = await run(t, 'qmail-remote', args, options).finished;
  assert.match(
    stdout,
    /^r\0h127\.0\.0\.1 does not like recipient\.\nRemote host said: sorry, that domain isn't in my list.*\n\0K127\.0\.0\.1 accepted message\.\nRemote host said: ok \d+ qp \d+\n\0$/,
  );
  await server.seen(/^delivery 1: success: did_/);
  const [name = ''] = readdirSync(join(home.maildir, 'new'));
  const stored = readFileSync(join(home.maildir, 'new', name), 'latin1');
  assert.ok(stored.endsWith(`\n${message}`), `${stored.length} octets`);
});
