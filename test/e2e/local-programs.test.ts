/**
 * Programs that send through bin/sendmail as they would through any (mutt, s-nail, Python, a cron daemon), msmtp as a
 * sendmail that speaks SMTP with us, and procmail and maildrop that deliver from .qmail. One server for all.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { backwards, banner, makeMailHome, openFolder } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';

const domain = 'mail.example.org';

/** Why it cannot be used here, or undefined. */
function missing(program: string, ...args: readonly string[]): string | undefined {
  const { error } = spawnSync(program, args, { stdio: 'ignore' });
  return error === undefined ? undefined : `not applicable: ${program} is not installed (apt-get install ${program})`;
}

/** A program with a text on standard input, in the environment of a user of this home. */
function client(server: ServerProcess, program: string, args: readonly string[], input: string): Promise<void> {
  const { path } = server.home;
  const env = { PATH: process.env.PATH, HOME: join(path, '..'), USER: 'demo', LOGNAME: 'demo', QMAILHOME: path, LANG: 'C.UTF-8' };
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('latin1').on('data', (text: string) => {
      said += text;
    });
  }
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((settle, fail) => {
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? settle() : fail(new Error(`${program} ended with ${code}: ${said}`))));
  });
}

/** Messages of the Maildir whose text holds the word. */
const holding = ({ home }: ServerProcess, word: string): string[] =>
  readdirSync(join(home.maildir, 'new'))
    .map((name) => readFileSync(join(home.maildir, 'new', name), 'utf8'))
    .filter((text) => text.includes(word));

interface Sending {
  readonly program: string;
  readonly probe: readonly string[];
  args(server: ServerProcess, sendmail: string, folder: string): readonly string[];
  readonly input: string;
  /** What the one message must match. */
  readonly arrives: RegExp;
}

const to = `demo@${domain}`;
const python = `
import email.message, subprocess, sys
m = email.message.EmailMessage()
m['To'] = sys.argv[2]; m['From'] = 'py@example.org'; m['Subject'] = 'of python ünï'
m.set_content('line\\n.\\nafter the dot: ünï\\n')
subprocess.run([sys.argv[1], '-t', '-i'], input=m.as_bytes(), check=True)
`;

const sendings: Readonly<Record<string, Sending>> = {
  mutt: {
    program: 'mutt',
    probe: ['-v'],
    args: (_server, sendmail, folder) => {
      writeFileSync(
        join(folder, 'muttrc'),
        `set sendmail="${sendmail} -oem -oi"\nset from="me@example.org"\nset use_from=yes\nset copy=no\n`,
      );
      return ['-n', '-F', join(folder, 'muttrc'), '-s', 'of mutt', '--', to];
    },
    input: 'words of mutt\n.\nafter the dot\n',
    arrives: /^From: .*me@example\.org[\s\S]*\nSubject: of mutt\n[\s\S]*\n\nwords of mutt\n\.\nafter the dot\n$/m,
  },
  's-nail': {
    program: 's-nail',
    probe: ['-V'],
    args: (_server, sendmail) => [
      '-:/',
      '-S',
      `mta=${sendmail}`,
      '-S',
      'sendwait',
      '-r',
      'nail@example.org',
      '-s',
      'of s-nail',
      to,
    ],
    input: 'words of s-nail\n',
    arrives: /^Return-Path: <nail@example\.org>\n[\s\S]*\nSubject: of s-nail\n[\s\S]*\n\nwords of s-nail\n$/,
  },
  msmtp: {
    program: 'msmtp',
    probe: ['--version'],
    args: ({ home }) => [
      '-t',
      '-i',
      '--host=127.0.0.1',
      `--port=${home.port}`,
      '--from=msmtp@example.org',
      '--auth=off',
      '--tls=off',
    ],
    input: `To: ${to}\nSubject: of msmtp\n\nwords of msmtp\n.\n`,
    arrives: /^Return-Path: <msmtp@example\.org>\n[\s\S]*\n\nwords of msmtp\n\.\n$/,
  },
  'python subprocess': {
    program: 'python3',
    probe: ['--version'],
    args: (_server, sendmail) => ['-c', python, sendmail, to],
    input: '',
    arrives: /\nSubject: of python =\?utf-8\?[\s\S]*\n\nline\n\.\nafter the dot: /,
  },
  'cron daemon': {
    program: 'sh',
    probe: ['-c', ':'],
    args: (_server, sendmail) => ['-c', `exec '${sendmail}' -FCronDaemon -i -B8BITMIME -oem demo`],
    input: `From: root (Cron Daemon)\nTo: demo\nSubject: Cron <demo@host> job\nContent-Type: text/plain; charset=UTF-8\n\nwords of cron\n`,
    arrives: new RegExp(`\\nFrom: root@${domain} \\(Cron Daemon\\)\\nTo: ${to}\\n[\\s\\S]*\\n\\nwords of cron\\n$`),
  },
};

async function sends(
  t: TestContext,
  server: ServerProcess,
  folder: string,
  { program, probe, args, input, arrives }: Sending,
): Promise<void> {
  const why = missing(program, ...probe);
  if (why !== undefined) return t.diagnostic(why);
  const before = new Set(readdirSync(join(server.home.maildir, 'new')));
  await client(server, program, args(server, join(server.home.path, 'bin/sendmail'), folder), input);
  await drained(server);
  const fresh = readdirSync(join(server.home.maildir, 'new')).filter((name) => !before.has(name));
  assert.equal(fresh.length, 1);
  assert.match(readFileSync(join(server.home.maildir, 'new', fresh[0] ?? ''), 'latin1'), arrives);
}

/** A file of the user as whom mail is delivered. */
function own(server: ServerProcess, name: string, text: string): string {
  const path = join(server.home.maildir, '..', name);
  const { uid, gid } = statSync(server.home.maildir);
  writeFileSync(path, text);
  chownSync(path, uid, gid);
  chmodSync(path, 0o600);
  return path;
}

/** Sends one message to `demo-EXT` and gives the box that the program writes. */
async function deliveredBy(server: ServerProcess, ext: string, line: string, box: string): Promise<string> {
  own(server, `.qmail-${ext}`, `${line}\n`);
  const message = `To: demo-${ext}@${domain}\nSubject: for ${ext}\n\nFrom the start\n`;
  await client(server, join(server.home.path, 'bin/sendmail'), ['-t', '-f', 's@example.org'], message);
  await drained(server);
  return existsSync(box)
    ? readFileSync(box, 'latin1')
    : `no ${box}: ${server.lines.filter((text) => text.startsWith('delivery')).at(-1)}`;
}

test('programs send and deliver as they do with any mail server', async (t) => {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const server = new ServerProcess(ending, await makeMailHome(folder, 9));
  await banner(server.home.port);

  for (const [name, sending] of Object.entries(sendings)) await t.test(name, (sub) => sends(sub, server, folder, sending));

  const home = join(server.home.maildir, '..');
  const arrives =
    /^From s@example\.org .*\nReturn-Path: <s@example\.org>\nDelivered-To: demo-\w+@mail\.example\.org\n[\s\S]*\n\n>From the start\n/;

  await t.test('procmail from .qmail with preline', async (sub) => {
    const why = missing('procmail', '-v');
    if (why !== undefined) return sub.diagnostic(why);
    const box = join(home, 'procmail.box');
    const rules = own(server, 'procmailrc', `:0\n* ^Subject: for\n${box}\n`);
    assert.match(await deliveredBy(server, 'procmail', `|preline procmail -m ${rules} || exit 111`, box), arrives);
  });

  await t.test('maildrop from .qmail with preline', async (sub) => {
    const why = missing('maildrop', '-v');
    if (why !== undefined) return sub.diagnostic(why);
    const box = join(home, 'maildrop.box');
    const rules = own(server, 'mailfilter', `if (/^Subject: for/)\n{\n  to "${box}"\n}\n`);
    assert.match(await deliveredBy(server, 'maildrop', `|preline -f maildrop ${rules} || exit 111`, box), arrives);
  });

  await t.test('a program that fails puts the message off', async () => {
    own(server, '.qmail-later', '|exit 75\n');
    await client(server, join(server.home.path, 'bin/sendmail'), [`demo-later@${domain}`], 'Subject: x\n\n');
    await server.seen(/^delivery \d+: deferral: /);
    assert.deepEqual(holding(server, 'Subject: x\n'), []);
  });
});
