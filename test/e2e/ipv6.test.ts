/** A listener on ::1: it serves, its rules count, and log, Received line and status show the address as one reads it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHome, run, startServer } from '../cli/command.js';
import { Client, sendMessage } from '../support/line-client.js';

async function hasLoopback6(): Promise<boolean> {
  const server = createServer().listen(0, '::1');
  const open = await Promise.race([once(server, 'listening').then(() => true), once(server, 'error').then(() => false)]);
  server.close();
  return open;
}

test('smtp over IPv6', async (t) => {
  if (!(await hasLoopback6())) return t.diagnostic('not applicable: this machine has no ::1');
  const home = await makeHome(t);
  writeFileSync(join(home, 'control/listeners'), 'smtp [::1]:0 rules=control/tcp.smtp\n');
  const server = startServer(t, home, { node: 'real' });
  const { listeners } = await server.ready();
  const { port = 0, address } = listeners[0] ?? {};
  assert.equal(address, '::1');
  assert.match(await sendMessage(port, '::1', 'a@b.example', ['postmaster@mail.example.org']), /^250 ok/);
  await server.seen(/delivery \d+: success/);
  const [name = ''] = readdirSync(join(home, 'alias/Maildir/new'));
  const message = readFileSync(join(home, 'alias/Maildir/new', name), 'latin1');
  assert.match(message, /^Received: from unknown \(HELO client\.example\) \(::1\)\n {2}by ::1 with SMTP; /m);

  const relaying = new Client(port, '::1');
  await relaying.hears(/^220 /);
  await relaying.ask('MAIL FROM:<>');
  assert.equal(await relaying.ask('RCPT TO:<joe@elsewhere.example>'), '250 ok', 'the rule ::1 lets it relay');
  relaying.socket.destroy();

  const status = await run(t, 'tqmail', ['status', '--home', home]).finished;
  assert.match(status.stdout, new RegExp(`smtp +\\[::1\\]:${port}\\b`));
});
