/**
 * Each profile of docs/profiles.md as a whole server: mail goes where the profile says, and nowhere else. Next hops and
 * peers are on loopback: 127.0.0.1 is the machine itself, 127.0.7. its LAN, other addresses are strangers.
 */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../bench/process/port.js';
import { initHome } from '../../src/cli/init/init.js';
import { type ProfileOptions, profileChoice } from '../../src/cli/init/profile-words.js';
import { profiles } from '../../src/cli/init/profiles.js';
import { run } from '../cli/command.js';
import { root } from '../runner/tree.js';
import { type SinkAnswer, startKeepingSink, type TakenMessage } from '../support/keeping-sink.js';
import { backwards, banner, type Ending, type MailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

interface Hop {
  readonly relay: string;
  readonly got: string[];
}

/** A next hop that keeps whom it got mail for. */
async function nextHop(ending: Ending, address = '127.0.0.1'): Promise<Hop> {
  const got: string[] = [];
  const taken = ({ recipients }: TakenMessage): SinkAnswer => {
    got.push(...recipients);
    return { accept: true };
  };
  const { port } = await startKeepingSink(ending, { taken }, address);
  return { relay: `[${address}]:${port}`, got };
}

interface Site {
  readonly home: MailHome;
  readonly ending: Ending;
  readonly t: TestContext;
  start(): Promise<ServerProcess>;
  control(name: string): string;
  /** The reply to the message, or to the recipient that was refused. */
  send(to: string, from?: string, sender?: string): Promise<string>;
}

async function site(t: TestContext, ending: Ending, me: string, words: ProfileOptions): Promise<Site> {
  const path = join(openFolder(ending), 'home');
  const port = await freePort();
  await initHome({ home: path, me, base: port - 25, demo: true, extra: [], profile: profileChoice(words) });
  const file = (name: string): string => join(path, 'control', name);
  const control = (name: string): string => readFileSync(file(name), 'latin1');
  // Other listeners of the profile would need free ports of their own; strangers of the test are on loopback.
  writeFileSync(file('listeners'), control('listeners').replace(/^q.*\n/gm, ''));
  writeFileSync(file('tcp.smtp'), control('tcp.smtp').replace('127.:allow', '127.0.0.1:allow'));
  const home = { path, port, maildir: join(path, 'demo/Maildir') };
  return {
    home,
    ending,
    t,
    control,
    async start() {
      const server = new ServerProcess(ending, home);
      if (control('listeners').startsWith('smtp')) await banner(port);
      else await server.seen(/^status: local 0\//);
      return server;
    },
    async send(to, from = '127.0.0.1', sender = `demo@${me}`) {
      const client = await (await SmtpDialogue.open(port, from)).greet();
      try {
        return await client.send([to], 'Subject: hello\r\n\r\nIt works.\r\n', sender);
      } finally {
        client.close();
      }
    },
  };
}

const mails = (maildir: string): readonly string[] => {
  const folder = join(maildir, 'new');
  return existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1')) : [];
};
const comes = (maildir: string, pattern: RegExp): Promise<void> =>
  until(`${pattern} in ${maildir}`, 20_000, () => mails(maildir).some((text) => pattern.test(text)));
const goes = (hop: Hop, to: string): Promise<void> => until(`mail for ${to}`, 20_000, () => hop.got.includes(to));
const flush = (there: Site, ...names: string[]): Promise<{ code: number | null; stdout: string }> =>
  run(there.t, 'tqmail', ['flush', ...names, '--home', there.home.path]).finished;
const me = 'box.lan.example';

test('isolated: local mail arrives, all other bounces at once', async (t) => {
  const there = await site(t, backwards(t), me, { profile: 'isolated' });
  await there.start();
  assert.match(await there.send(`demo@${me}`), /^250/);
  await comes(there.home.maildir, /It works\./);
  await there.send('far@elsewhere.example');
  await comes(
    there.home.maildir,
    /far@elsewhere\.example>:\n.*no connection to other networks.*can go to box\.lan\.example only/s,
  );
});

test('intermittent: mail waits for the link, then all of it goes to the provider', async (t) => {
  const ending = backwards(t);
  const hop = await nextHop(ending);
  const there = await site(t, ending, me, { profile: 'intermittent', relay: hop.relay });
  const server = await there.start();
  await there.send(`demo@${me}`);
  await there.send('far@elsewhere.example');
  await server.seen(/^info msg \d+: bytes \d+ from <demo@box.lan.example> qp \d+/);
  await comes(there.home.maildir, /It works\./);
  assert.ok(!server.lines.some((line) => line.includes('to remote')));
  assert.match((await flush(there, '*')).stdout, /^\*: 1 messages are due now\n$/);
  await goes(hop, 'far@elsewhere.example');
  await there.send('next@elsewhere.example');
  await goes(hop, 'next@elsewhere.example');
});

test('providers: mail waits for the link of its own provider', async (t) => {
  const ending = backwards(t);
  const [one, two] = [await nextHop(ending), await nextHop(ending, '127.0.0.2')];
  const route = [`partner.example:${two.relay}`];
  const there = await site(t, ending, me, { profile: 'providers', relay: one.relay, route });
  assert.equal(there.control('holdremote'), '[127.0.0.1]\n[127.0.0.2]\n');
  const server = await there.start();
  await there.send('far@elsewhere.example');
  await there.send('friend@partner.example');
  await flush(there, '[127.0.0.1]');
  await goes(one, 'far@elsewhere.example');
  assert.deepEqual(two.got, []);
  assert.ok(!server.lines.some((line) => line.includes('to remote friend@')));
  await flush(there, 'partner.example');
  await goes(two, 'friend@partner.example');
});

test('lan-client: takes mail for itself from the LAN, hands all other to the server, relays for nobody', async (t) => {
  const ending = backwards(t);
  const hop = await nextHop(ending);
  const there = await site(t, ending, me, { profile: 'lan-client', relay: hop.relay });
  await there.start();
  assert.match(await there.send(`demo@${me}`, '127.0.7.1'), /^250/);
  await comes(there.home.maildir, /It works\./);
  assert.match(await there.send('far@elsewhere.example', '127.0.7.1'), /^553 /);
  assert.match(await there.send('far@elsewhere.example'), /^250/);
  await goes(hop, 'far@elsewhere.example');
});

test('lan-null: no port is open, programs send, the server has all mailboxes', async (t) => {
  const ending = backwards(t);
  const hop = await nextHop(ending);
  const there = await site(t, ending, me, { profile: 'lan-null', relay: hop.relay });
  await there.start();
  const env = { QMAILHOME: there.home.path, USER: 'joe' };
  const sent = await run(t, 'sendmail', ['ann', `demo@${me}`], { env, stdin: 'Subject: hello\n\nIt works.\n' }).finished;
  assert.equal(sent.code, 0, sent.stderr);
  await goes(hop, 'ann@lan.example');
  await goes(hop, `demo@${me}`);
  assert.deepEqual(
    JSON.parse((await run(t, 'tqmail', ['status', '--json', '--home', there.home.path]).finished).stdout).listeners,
    [],
  );
});

test('lan-server: relays within the LAN, bounces mail for the world, lets no stranger in', async (t) => {
  const ending = backwards(t);
  const there = await site(t, ending, me, { profile: 'lan-server', lan: ['127.0.7.'] });
  assert.match(there.control('virtualdomains'), /^\.lan\.example:\n/);
  await there.start();
  assert.match(await there.send('demo@lan.example', '127.0.7.1'), /^250/);
  await comes(there.home.maildir, /It works\./);
  assert.match(await there.send('far@elsewhere.example', '127.0.7.1'), /^250/);
  await comes(there.home.maildir, /far@elsewhere\.example>:\n.*no connection to other networks/s);
  const stranger = await SmtpDialogue.open(there.home.port, '127.0.9.1');
  assert.equal(await stranger.reply(), 'closed');
});

test('lan-server-intermittent: mail of the LAN arrives at once, mail for the world waits for the link', async (t) => {
  const ending = backwards(t);
  const hop = await nextHop(ending);
  const there = await site(t, ending, me, { profile: 'lan-server-intermittent', relay: hop.relay, lan: ['127.0.7.'] });
  await there.start();
  await there.send('far@elsewhere.example', '127.0.7.1');
  await there.send('demo@lan.example', '127.0.7.1');
  await comes(there.home.maildir, /It works\./);
  assert.deepEqual(hop.got, []);
  assert.match(await there.send('far@elsewhere.example', '127.0.9.1'), /^553 /);
  await until(
    'it waits',
    20_000,
    async () => (await flush(there, '[127.0.0.1]')).stdout.includes(': 1 messages') || hop.got.length > 0,
  );
  await goes(hop, 'far@elsewhere.example');
});

test('internet: takes mail for its domains and known recipients, relays for itself alone', async (t) => {
  const ending = backwards(t);
  const hop = await nextHop(ending);
  const there = await site(t, ending, 'mx.corp.example', { profile: 'internet', domain: ['corp.example'] });
  writeFileSync(join(there.home.path, 'control/smtproutes'), `:${hop.relay}\n`);
  await there.start();
  assert.match(await there.send('demo@corp.example', '127.0.9.1', 'a@b.example'), /^250/);
  await comes(there.home.maildir, /It works\./);
  assert.match(await there.send('nobody@corp.example', '127.0.9.1'), /^550 5\.1\.1 /);
  assert.match(await there.send('far@elsewhere.example', '127.0.9.1'), /^553 /);
  assert.match(await there.send('postmaster@corp.example', '127.0.9.1'), /^250/);
  await there.send('far@elsewhere.example');
  await goes(hop, 'far@elsewhere.example');
});

test('internet-domains: each domain has addresses of its own', async (t) => {
  const domain = ['one.example', 'two.example'];
  const there = await site(t, backwards(t), 'mx.corp.example', { profile: 'internet-domains', domain });
  const folder = (name: string): string => join(there.home.path, 'domains', name);
  writeFileSync(join(folder('one.example'), '.qmail-info'), './Maildir/\n');
  await there.start();
  assert.match(await there.send('info@one.example', '127.0.9.1', 'a@b.example'), /^250/);
  await comes(join(folder('one.example'), 'Maildir'), /Delivered-To: one\.example-info@one\.example/);
  assert.match(await there.send('info@two.example', '127.0.9.1'), /^550 5\.1\.1 /);
  assert.match(await there.send('postmaster@two.example', '127.0.9.1', 'a@b.example'), /^250/);
  await comes(join(folder('two.example'), 'Maildir'), /It works\./);
});

test('every profile has its part of the page, and words that do not fit are refused', () => {
  const page = readFileSync(`${root}/docs/profiles.md`, 'utf8');
  for (const name of Object.keys(profiles)) assert.match(page, new RegExp(`--profile ${name}\\b`), name);
  const wrong: readonly (readonly [ProfileOptions, RegExp])[] = [
    [{ profile: 'none' }, /there are isolated, intermittent/],
    [{ relay: 'x' }, /give --profile/],
    [{ profile: 'intermittent' }, /needs --relay HOST/],
    [{ profile: 'lan-server', lan: ['192.168.1.1'] }, /is not the beginning of an address/],
    [{ profile: 'internet-domains', domain: ['nodot'] }, /has no dot/],
    [{ profile: 'providers', relay: 'a.example', route: ['b.example'] }, /is not DOMAIN:HOST/],
  ];
  for (const [words, pattern] of wrong) assert.throws(() => profileChoice(words), pattern);
});
