/**
 * `tqmail init` and the demo as processes: what they write, and where a first message lands.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { plannedControl, wrongFqdn } from '../../src/cli/init/control-files.js';
import { isAlive } from '../../src/cli/run/run-files.js';
import { root } from '../runner/tree.js';
import { run, scratch, startServer } from './command.js';

test('init writes what config-fast writes, says why, and overwrites nothing', async (t) => {
  const home = join(scratch(t), 'home');
  const first = await run(t, 'tqmail', ['init', home, '--me', 'Mail.Sub.Example.org', '--yes', '--listen', '4000']).finished;
  assert.equal(first.code, 0, first.stderr);
  const control = (name: string): string => readFileSync(join(home, 'control', name), 'latin1');
  assert.equal(control('me'), 'mail.sub.example.org\n');
  assert.equal(control('defaultdomain'), 'sub.example.org\n');
  assert.equal(control('plusdomain'), 'example.org\n');
  assert.equal(control('locals'), control('me'));
  assert.equal(control('rcpthosts'), control('me'));
  assert.equal(
    control('listeners'),
    'smtp 127.0.0.1:4025 rules=control/tcp.smtp\npop3 127.0.0.1:4110 rules=control/tcp.pop3\nqmtp 127.0.0.1:4209 rules=control/tcp.smtp\nqmqp 127.0.0.1:4628 rules=control/tcp.qmqp\n',
  );
  assert.match(control('tcp.smtp'), /^127\.:allow,RELAYCLIENT=""$/m);
  for (const name of ['postmaster', 'mailer-daemon', 'root']) assert.ok(existsSync(join(home, `alias/.qmail-${name}`)));
  assert.match(first.stdout, /control\/rcpthosts +SMTP takes mail/);
  assert.equal(statSync(join(home, 'queue')).mode & 0o777, 0o700);
  assert.equal(statSync(join(home, 'run')).mode & 0o777, 0o755);
  assert.ok(readlinkSync(join(home, 'bin/qmail-inject')).endsWith('/bin/qmail-inject'));

  const again = await run(t, 'tqmail', ['init', home, '--me', 'other.example.org', '--yes']).finished;
  assert.deepEqual([again.code, again.stdout], [1, '']);
  writeFileSync(join(home, 'control/listeners'), '');
  const { code } = await run(t, 'tqmail', ['init', home, '--me', 'other.example.org', '--yes']).finished;
  assert.deepEqual([code, control('me'), control('listeners')], [1, 'mail.sub.example.org\n', '']);
});

test('init refuses words it does not understand', async (t) => {
  const home = join(scratch(t), 'home');
  for (const args of [
    [],
    [home],
    [home, '--me', 'nodot'],
    [home, '--me', 'a.b', '--listen', 'x'],
    [home, 'more', '--me', 'a.b'],
    [home, '--nonsense'],
  ]) {
    const { code, stderr } = await run(t, 'tqmail', ['init', ...args]).finished;
    assert.equal(code, 64, stderr);
    assert.match(stderr, /usage: tqmail init/);
  }
  assert.equal(existsSync(home), false);
});

test('two labels are their own domain', () => {
  const text = (name: string): string | undefined =>
    plannedControl('a.b', 2500).find(({ path }) => path === `control/${name}`)?.text;
  assert.deepEqual([text('defaultdomain'), text('plusdomain')], ['a.b\n', 'a.b\n']);
  assert.deepEqual(
    ['x', 'a..b', '-a.b', 'a.b'].map((name) => wrongFqdn(name) === undefined),
    [false, false, false, true],
  );
});

/** One message over SMTP, a command at a time; resolves with the last reply. */
function sendMail(port: number, recipient: string): Promise<string> {
  const lines = [
    'HELO x',
    'MAIL FROM:<a@b.example>',
    `RCPT TO:<${recipient}>`,
    'DATA',
    'Subject: hello\r\n\r\nIt works.\r\n.',
    'QUIT',
  ];
  return new Promise((settle, fail) => {
    const socket = connect(port, '127.0.0.1');
    let last = '';
    socket.setEncoding('latin1').on('data', (reply: string) => {
      if (!reply.startsWith('221')) last = reply;
      const line = lines.shift();
      if (line !== undefined) socket.write(`${line}\r\n`);
    });
    socket.once('error', fail);
    socket.once('close', () => settle(last));
  });
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((settle) => {
    const server = createServer();
    server.once('error', () => settle(false));
    server.listen(port, '127.0.0.1', () => server.close(() => settle(true)));
  });

/** For --listen: the ports of all services are free now, and none is one that outgoing connections get. */
async function freeBase(): Promise<number> {
  for (;;) {
    const base = 12_000 + Math.floor(Math.random() * 19_000);
    const free = await Promise.all([25, 209, 628].map((port) => isFree(base + port)));
    if (free.every(Boolean)) return base;
  }
}

test('the demo makes a home, says where to send a first message, and it lands where it says', async (t) => {
  const home = join(scratch(t), 'home');
  const base = await freeBase();
  const server = startServer(t, home, { node: 'real', verb: 'demo', args: ['--listen', String(base)] });
  const [, address = '', port] = await server.seen(/send a first message to (\S+) at 127\.0\.0\.1:(\d+)/);
  const [, maildir = ''] = await server.seen(/it lands in (\S+)/);
  await server.ready();
  assert.match(await sendMail(Number(port), address), /^250 ok \d+ qp \d+/);
  await server.seen(/delivery \d+: success/);
  const [name = ''] = readdirSync(maildir);
  assert.match(readFileSync(join(maildir, name), 'latin1'), /Subject: hello\n\nIt works\.\n$/);
  const [, command = ''] = await server.seen(/^tqmail: {3}(printf .*)$/m);
  const { QMAILHOME: _none, ...env } = process.env;
  execFileSync('/bin/sh', ['-c', command], { env });
  await server.seen(/delivery 2: success/);
  const [other = ''] = readdirSync(maildir).filter((found) => found !== name);
  assert.match(readFileSync(join(maildir, other), 'latin1'), /invoked by uid \d+[\s\S]*Subject: hello\n\nIt works\.\n$/);
});

test('a signal to npm start ends the server, not npm alone', async (t) => {
  const home = join(scratch(t), 'home');
  const base = await freeBase();
  const npm = spawn('npm', ['start', '--silent', '--', '--home', home, '--listen', String(base)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(npm, 'close');
  let said = '';
  for await (const text of npm.stderr.setEncoding('latin1')) {
    said += text;
    if (/it lands in/.test(said)) break;
  }
  assert.match(said, /it lands in/);
  const [, parent = ''] = /^start (\d+)$/m.exec(readFileSync(join(home, 'run/pids'), 'latin1')) ?? [];
  t.after(() => {
    if (isAlive(Number(parent))) process.kill(Number(parent), 'SIGKILL');
  });
  npm.kill('SIGTERM');
  await ended;
  assert.equal(isAlive(Number(parent)), false);
  assert.deepEqual(readdirSync(join(home, 'run')), []);
});
