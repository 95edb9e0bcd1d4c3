/**
 * Debian's fastforward and dot-forward, unchanged, as program lines of a running server: what they forward comes through
 * our qmail-queue. They call /var/lib/qmail/bin/qmail-queue, a path compiled in, so the server sees a folder of the
 * test's own there, in a mount namespace that ends with it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { makeHome, startServer } from '../cli/command.js';
import { sendMessage } from '../support/line-client.js';

const compiledIn = '/var/lib/qmail';
const domain = 'mail.example.org';

/** Words that start a command where `folder` is /var/lib/qmail; undefined: this machine lets nobody do that. */
function withFolder(folder: string): string[] | undefined {
  const root = process.getuid?.() === 0;
  const space = ['unshare', ...(root ? [] : ['--user', '--map-current-user', '--keep-caps']), '--mount'];
  const words = [...space, 'sh', '-c', `mount --bind '${folder}' ${compiledIn} && exec "$@"`, 'sh'];
  const [file = '', ...args] = [...words, 'true'];
  return spawnSync(file, args).status === 0 ? words : undefined;
}

function missing(): string | undefined {
  const names = ['fastforward', 'setforward', 'dot-forward'];
  const gone = names.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  return gone.length === 0 ? undefined : `${gone.join(', ')} not installed (apt-get install fastforward dot-forward)`;
}

/** Files of the alias user: a table for everybody without a .qmail file, and one who uses a .forward file. */
function aliasFiles(home: string): void {
  const alias = join(home, 'alias');
  const { uid, gid } = statSync(alias);
  const table = `team@${domain}: postmaster@${domain}, fwd@${domain};\n`;
  const made = spawnSync('setforward', [join(alias, 'table.cdb'), join(alias, 'table.tmp')], { input: table });
  assert.equal(made.status, 0, String(made.stderr));
  const files = {
    '.qmail-default': '|fastforward table.cdb\n',
    '.qmail-fwd': '|dot-forward .forward\n./Mailbox\n',
    '.forward': `postmaster@${domain}\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(alias, name), text);
  for (const name of [...Object.keys(files), 'table.cdb']) {
    chownSync(join(alias, name), uid, gid);
    chmodSync(join(alias, name), 0o644);
  }
}

test('fastforward and dot-forward hand what they forward to our qmail-queue', async (t) => {
  const gone = missing();
  if (gone !== undefined) return t.diagnostic(`not applicable: ${gone}`);
  const home = await makeHome(t);
  const folder = join(dirname(home), 'installed');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  symlinkSync(join(home, 'bin/qmail-queue'), join(folder, 'bin/qmail-queue'));
  const through = withFolder(folder);
  if (through === undefined) return t.diagnostic('not applicable: no mount namespaces here');
  aliasFiles(home);
  const server = startServer(t, home, { node: 'real', through });
  const { listeners } = await server.ready();
  const port = listeners[0]?.port ?? 0;
  assert.match(await sendMessage(port, '127.0.0.1', 'joe@remote.example', [`team@${domain}`]), /^250 ok \d+ qp \d+$/);
  // team goes to postmaster and fwd; fwd's .forward sends it to postmaster once more, and its next line is not obeyed.
  await server.seen(/(?:delivery \d+: success: did_1\+0\+0\/[\s\S]*){2}/);
  const maildir = join(home, 'alias/Maildir/new');
  const messages = readdirSync(maildir).map((name) => readFileSync(join(maildir, name), 'latin1'));
  const ways = messages.map((text) => [...text.matchAll(/^Delivered-To: (\w+)@/gm)].map(([, local]) => local).join(' '));
  assert.deepEqual(ways.sort(), ['postmaster fwd team', 'postmaster team']);
  for (const text of messages) assert.match(text, /^Return-Path: <joe@remote\.example>$/m);
  assert.ok(!readdirSync(join(home, 'alias')).includes('Mailbox'));
  const unknown = await sendMessage(port, '127.0.0.1', `postmaster@${domain}`, [`nobody@${domain}`]);
  assert.match(unknown, /^250 ok/);
  await server.seen(/delivery \d+: failure: Sorry,_no_mailbox_here_by_that_name/);
});
