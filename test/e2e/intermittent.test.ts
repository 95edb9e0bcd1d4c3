/** ETRN, AutoTURN, DNS lists and a reload of the holds in a whole server: smtpd and send are in threads of their own. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../cli/command.js';
import { DnsServer } from '../support/dns-server.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, makeMailHome, openFolder, remoteRecipient, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

interface Running {
  readonly port: number;
  readonly path: string;
  readonly got: string[];
  readonly server: ServerProcess;
}

async function running(t: TestContext, control: Record<string, string>, env: Record<string, string> = {}): Promise<Running> {
  const ending = backwards(t);
  const got: string[] = [];
  const sink = await startKeepingSink(ending, {
    taken: ({ recipients }) => {
      got.push(...recipients);
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port, control);
  const server = new ServerProcess(ending, home, env);
  await banner(home.port);
  return { port: home.port, path: home.path, got, server };
}

async function queued(port: number): Promise<void> {
  const client = await (await SmtpDialogue.open(port)).greet();
  assert.match(await client.send([remoteRecipient], 'Subject: waits\r\n\r\nx\r\n'), /^250/);
  client.close();
}

test('ETRN of an allowed peer, then the connection of another, start what waits', async (t) => {
  const control = { holdremote: '*', etrnhosts: 'dest.test:127.0.0.5', autoturn: 'dest.test:127.0.0.6' };
  const { port, got, server } = await running(t, control);
  await queued(port);
  await server.seen(/^info msg/);
  const stranger = await (await SmtpDialogue.open(port)).greet();
  assert.match(await stranger.say('ETRN dest.test'), /^459 4\.7\.1 /);
  stranger.close();
  assert.deepEqual(got, []);
  const peer = await (await SmtpDialogue.open(port, '127.0.0.5')).greet();
  assert.match(await peer.say('ETRN dest.test'), /^250 2\.0\.0 ok/);
  peer.close();
  await until('the mail came', 20_000, () => got.length === 1);

  const other = await running(t, control);
  await queued(other.port);
  await other.server.seen(/^info msg/);
  const turned = await SmtpDialogue.open(other.port, '127.0.0.6');
  await until('the mail came', 20_000, () => other.got.length === 1);
  turned.close();
});

test('a hold that a reload takes away: doqueue sends what waited', async (t) => {
  const { port, path, got, server } = await running(t, { holdremote: 'dest.test' });
  await queued(port);
  await server.seen(/^info msg/);
  const tool = (verb: string): Promise<{ code: number | null }> => run(t, 'tqmail', [verb, '--home', path]).finished;
  await tool('doqueue');
  assert.deepEqual(got, []);
  writeFileSync(join(path, 'control/holdremote'), 'a name with blanks\n');
  assert.equal((await tool('reload')).code, 111, 'a bad file changes nothing');
  writeFileSync(join(path, 'control/holdremote'), '');
  assert.equal((await tool('reload')).code, 0);
  assert.equal((await tool('doqueue')).code, 0);
  await until('the mail came', 20_000, () => got.length === 1);
});

test('flush names what it cannot take, and a stopped server', async (t) => {
  const folder = openFolder(backwards(t));
  const end = await run(t, 'tqmail', ['flush', 'dest.test', '--home', folder]).finished;
  assert.deepEqual([end.code, end.stderr], [111, 'tqmail: flush: not running\n']);
  assert.equal((await run(t, 'tqmail', ['flush', '--home', folder]).finished).code, 64);
  assert.equal((await run(t, 'tqmail', ['flush', 'a b', '--home', folder]).finished).code, 64);
});

test('a listener with DNS lists blocks a listed client and says so in the log', async (t) => {
  const dns = new DnsServer({
    '7.0.0.127.bad.test': [
      ['A', '127.0.0.2'],
      ['TXT', 'see bad.test'],
    ],
  });
  const nameserver = await dns.start();
  t.after(() => dns.stop());
  const { port, path, server } = await running(t, { nameservers: nameserver });
  assert.ok(port > 0);
  await server.stop();
  writeFileSync(join(path, 'control/listeners'), `smtp 127.0.0.1:${port} rbl=bad.test\n`);
  const again = new ServerProcess(backwards(t), server.home);
  await banner(port);
  const rcpt = async (from: string): Promise<string> => {
    const client = await (await SmtpDialogue.open(port, from)).greet();
    await client.say('MAIL FROM:<a@b.example>');
    const reply = await client.say(`RCPT TO:<${remoteRecipient}>`);
    client.close();
    return reply;
  };
  assert.equal(await rcpt('127.0.0.7'), '451 4.7.1 see bad.test (#4.7.1)');
  assert.match(await rcpt('127.0.0.8'), /^250/);
  assert.match(await again.seen(/blocked/), /blocked 127\.0\.0\.7: 451 see bad\.test/);
});
