/**
 * POP3 with a whole server: mail that came by SMTP is fetched, by clients in common use too where they are installed; by root mail of
 * several users is read under their own uids, and a checkpassword program decides in place of the server.
 */

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../bench/process/port.js';
import { sendMessage } from '../support/line-client.js';
import { apopSession, login, popSession, setPassword } from '../support/pop3-client.js';
import { backwards, banner, localRecipient, type MailHome, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { statusOf } from '../support/server-status.js';

const run = promisify(execFile);
const root = process.getuid?.() === 0;

interface PopServer {
  readonly home: MailHome;
  readonly port: number;
  readonly folder: string;
  readonly server: ServerProcess;
}

/** A server with the mailbox demo, password secret, that belongs to the server's uid. */
async function popServer(t: TestContext, control: Record<string, string> = {}): Promise<PopServer> {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const port = await freePort();
  const home = await makeMailHome(folder, 9, control);
  writeFileSync(join(home.path, 'control/listeners'), `smtp 127.0.0.1:${home.port}\npop3 127.0.0.1:${port}\n`);
  const { uid, gid } = statSync(home.maildir);
  setPassword(home.path, { user: 'demo', password: 'secret', uid, gid, home: join(home.path, 'demo') });
  const server = new ServerProcess(ending, home);
  await banner(port);
  return { home, port, folder, server };
}

/** Sends so many messages and waits until they can be fetched: those of the current second are left for the next session. */
async function deliver({ home, port }: PopServer, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await sendMessage(home.port, '127.0.0.1', 'a@b.example', [localRecipient]);
  const stat = [...login('demo', 'secret'), 'STAT'];
  await until(`${count} messages`, 20_000, async () => (await popSession(port, stat)).includes(`+OK ${count} `));
}

test('mail comes by SMTP and goes by POP3, until it is deleted', async (t) => {
  const running = await popServer(t);
  const { port, server, home } = running;
  await deliver(running, 3);
  const said = await popSession(port, [...login('demo', 'secret'), 'RETR 2', 'DELE 2', 'QUIT']);
  assert.match(
    said,
    /\+OK \r\n\+OK \r\nReturn-Path: <a@b\.example>\r\n[\s\S]*\r\n\r\nIt works\.\r\n\r\n\.\r\n\+OK \r\n\+OK \r\n$/,
  );
  assert.match(await popSession(port, [...login('demo', 'secret'), 'STAT']), /\+OK 2 \d+\r\n$/);
  assert.deepEqual(readdirSync(join(home.maildir, 'new')), []);
  assert.equal(readdirSync(join(home.maildir, 'cur')).filter((name) => name.endsWith(':2,')).length, 2);
  assert.match(await popSession(port, login('demo', 'wrong')), /-ERR \[AUTH\] authorization failed\r\n$/);
  assert.match(await popSession(port, login('nobody-here', 'secret')), /-ERR \[AUTH\] authorization failed\r\n$/);
  await server.seen(/^warning: pop3 127\.0\.0\.1: login refused for demo, 1 lately/);
  const counters = (await statusOf(server))?.counters ?? {};
  assert.equal(counters['pop3d.refused'], 2);
  assert.ok(Number(counters['pop3d.logins']) >= 3);
});

const poplibProgram = `
import poplib, sys
p = poplib.POP3('127.0.0.1', int(sys.argv[1]), timeout=20)
assert 'UIDL' in p.capa(), p.capa()
p.user('demo'); p.pass_('secret')
count, octets = p.stat()
assert len(p.uidl()[1]) == count == len(p.list()[1])
for n in range(1, count + 1):
    assert b'It works.' in p.retr(n)[1], n
    assert b'Subject: hello' in p.top(n, 0)[1]
p.dele(1); p.rset(); p.quit()
print(count)
`;

/** All messages, each time, into one file. */
const getmailrc = (port: number, file: string): string => `[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = ${port}
username = demo
password = secret
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat >> ${file}")
allow_root_commands = true
[options]
read_all = true
delete = false
`;

/** Copies all messages into one file, with the keys of a person. */
const muttrc = (port: number, folder: string): string => `set folder=${folder}
set spoolfile="pop://demo@127.0.0.1:${port}/"
set pop_pass=secret
set pop_authenticators=user
set ssl_starttls=no
set ssl_force_tls=no
set confirmcreate=no
set confirmappend=no
set mbox_type=mbox
set quit=yes
set pop_delete=no
push "<tag-pattern>~A<enter><tag-prefix><copy-message>${folder}/mutt-box<enter><quit>"
`;

const itWorks = (file: string): number | undefined => readFileSync(file, 'latin1').match(/^It works\.\r?$/gm)?.length;

test('poplib, getmail, mutt and fetchmail fetch mail', async (t) => {
  const running = await popServer(t);
  const { port, folder } = running;
  await deliver(running, 4);
  const env = { ...process.env, HOME: folder, FETCHMAILHOME: folder };
  const has = (program: string, version = '--version'): boolean => {
    const found = spawnSync(program, [version], { stdio: 'ignore' }).status === 0;
    if (!found) t.diagnostic(`${program} cannot be run here`);
    return found;
  };
  if (has('python3')) {
    const { stdout } = await run('python3', ['-c', poplibProgram, String(port)], { timeout: 60_000 });
    assert.equal(stdout, '4\n');
  }
  if (has('getmail')) {
    writeFileSync(join(folder, 'getmailrc'), getmailrc(port, join(folder, 'got')), { mode: 0o600 });
    await run('getmail', ['--getmaildir', folder, '--rcfile', 'getmailrc'], { env, timeout: 60_000 });
    assert.equal(itWorks(join(folder, 'got')), 4);
  }
  if (has('mutt', '-v') && has('script')) {
    writeFileSync(join(folder, 'muttrc'), muttrc(port, folder));
    const words = ['-qec', `mutt -n -F ${folder}/muttrc`, '/dev/null'];
    const lone = { PATH: process.env.PATH, HOME: folder, TERM: 'xterm', LINES: '24', COLUMNS: '80' };
    await run('script', words, { env: lone, timeout: 60_000 });
    assert.equal(itWorks(join(folder, 'mutt-box')), 4);
  }
  if (has('fetchmail')) {
    const rc = join(folder, 'fetchmailrc');
    const line = `poll 127.0.0.1 service ${port} protocol pop3 user demo password secret fetchall sslproto '' mda "cat >> ${folder}/fetched"\n`;
    writeFileSync(rc, line, { mode: 0o600 });
    await run('fetchmail', ['-f', rc, '--pidfile', join(folder, 'fetchmail.pid')], { env, timeout: 60_000 });
    assert.equal(itWorks(join(folder, 'fetched')), 4);
    assert.match(await popSession(port, [...login('demo', 'secret'), 'STAT']), /\+OK 0 0\r\n$/);
  }
});

/** A Maildir with one old message that its user alone can read. */
function userMaildir(folder: string, name: string, uid: number): string {
  const home = join(folder, name);
  for (const part of ['new', 'cur', 'tmp']) mkdirSync(join(home, 'Maildir', part), { recursive: true });
  writeFileSync(join(home, 'Maildir/new/1'), `Subject: for ${name}\n\n`, { mode: 0o600 });
  utimesSync(join(home, 'Maildir/new/1'), 1, 1);
  for (const path of ['Maildir/new/1', 'Maildir/new', 'Maildir/cur', 'Maildir/tmp', 'Maildir', ''])
    chownSync(join(home, path), uid, uid);
  chmodSync(join(home, 'Maildir'), 0o700);
  return home;
}

test('other users: root reads their mail as them, without root the server says why not', async (t) => {
  const { home, port, folder, server } = await popServer(t);
  if (!root) {
    const own = process.getuid?.() ?? 0;
    setPassword(home.path, { user: 'joe', password: 'x', uid: own + 1, gid: own, home: folder });
    assert.match(await popSession(port, login('joe', 'x')), /-ERR \[SYS\/TEMP\]/);
    await server.seen(/was not started by root/);
    return;
  }
  for (const [name, uid] of [
    ['joe', 8001],
    ['amy', 8002],
    ['super', 0],
  ] as const) {
    const user = {
      user: name,
      password: `pw-${name}`,
      uid: uid === 0 ? 8003 : uid,
      gid: uid === 0 ? 8003 : uid,
      home: userMaildir(folder, name, uid),
    };
    setPassword(home.path, user);
  }
  const file = join(home.path, 'users/poppasswd');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, readFileSync(file, 'latin1').replaceAll(':8003', ':0'));
  // None of them says QUIT: that would move the message away from the others.
  const wrong = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const name = n % 2 === 0 ? 'joe' : 'amy';
      const said = await popSession(port, [...login(name, `pw-${name}`), 'STAT', 'RETR 1']);
      return said.includes(`Subject: for ${name}\r\n`) && said.endsWith('\r\n.\r\n') ? '' : said;
    }),
  );
  assert.equal(wrong.join(''), '');
  assert.match(await popSession(port, [...login('joe', 'pw-joe'), 'QUIT']), /\+OK \r\n$/);
  const moved = join(folder, 'joe/Maildir/cur/1:2,');
  assert.equal(statSync(moved).uid, 8001);
  assert.match(await popSession(port, login('super', 'pw-super')), /-ERR \[SYS\/TEMP\]/);
  await server.seen(/uid 0, which serves no mail/);
  // Whoever could write the file could open any mailbox.
  chownSync(file, statSync(join(home.path, 'queue')).uid, 0);
  await until('the change is seen', 5_000, async () =>
    (await popSession(port, login('joe', 'pw-joe'))).includes('-ERR [SYS/TEMP]'),
  );
  await server.seen(/mailbox of joe not opened/);
});

test('APOP with users/apop, as long as nobody else can read it', async (t) => {
  const { home, port, server } = await popServer(t);
  const { uid, gid } = statSync(home.maildir);
  assert.match(await popSession(port, ['APOP demo x']), /^\+OK ready\r\n-ERR unimplemented\r\n/);
  setPassword(home.path, { user: 'demo', password: 'se:cret', uid, gid, home: join(home.path, 'demo'), apop: true });
  assert.match(await apopSession(port, 'demo', 'se:cret', ['STAT', 'QUIT']), /^\+OK <\S+>\r\n\+OK \r\n\+OK 0 0\r\n\+OK \r\n$/);
  assert.match(await apopSession(port, 'demo', 'secret', []), /-ERR \[AUTH\] authorization failed\r\n$/);
  chmodSync(join(home.path, 'users/apop'), 0o640);
  assert.match(await apopSession(port, 'demo', 'se:cret', []), /-ERR \[SYS\/TEMP\]/);
  await server.seen(/APOP: .*users\/apop: others than its owner may read or write it: chmod 600/);
  assert.match(await popSession(port, [...login('demo', 'se:cret'), 'STAT']), /\+OK 0 0\r\n$/);
});

const checker = `#!/bin/sh
# user NUL password NUL timestamp NUL on descriptor 3
read=$(tr '\\000' ' ' <&3)
case "$read" in
  "demo right "*) ;;
  "tempted "*) exit 111 ;;
  *) exit 1 ;;
esac
cd "$DEMO_HOME" || exit 111
`;

test('control/checkpassword: another program checks, pipelined commands reach the session', async (t) => {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const home = await makeMailHome(folder, 9);
  const port = await freePort();
  const demo = join(home.path, 'demo');
  const { uid } = statSync(home.maildir);
  const become = root ? `exec setpriv --reuid=${uid} --regid=${uid} --clear-groups "$@"\n` : 'exec "$@"\n';
  writeFileSync(join(folder, 'checker'), checker.replace('$DEMO_HOME', demo) + become, { mode: 0o755 });
  writeFileSync(join(home.path, 'control/checkpassword'), `${join(folder, 'checker')}\n`);
  writeFileSync(join(home.path, 'control/listeners'), `smtp 127.0.0.1:${home.port}\npop3 127.0.0.1:${port}\n`);
  const server = new ServerProcess(ending, home);
  assert.match(await banner(port), /^\+OK <\S+@mail\.example\.org>$/);
  const said = await popSession(port, [...login('demo', 'right'), 'STAT', 'CAPA', 'QUIT']);
  assert.match(said, /\+OK \r\n\+OK \r\n\+OK 0 0\r\n\+OK Capability[\s\S]*\r\n\.\r\n\+OK \r\n$/);
  assert.match(await popSession(port, login('demo', 'secret')), /-ERR \[AUTH\] authorization failed\r\n$/);
  assert.match(await popSession(port, login('tempted', 'x')), /-ERR \[SYS\/TEMP\]/);
  await server.seen(/control\/checkpassword: .*checker ended with/);
});
