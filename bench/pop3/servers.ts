/** The POP3 servers that are measured, each started privately on loopback with one mailbox. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startChild } from '../process/children.js';
import { freePort, waitForGreeting } from '../process/port.js';
import { inProject } from '../root.js';
import type { BenchMailbox } from './mailbox.js';

export interface Pop3Server {
  readonly name: string;
  version(): string;
  /** Empty when it can run here, else why not. */
  missing(): string;
  start(dir: string, mailbox: BenchMailbox): Promise<{ readonly port: number; readonly pid: number; stop(): Promise<void> }>;
}

const startMs = 30_000;
const launcher = inProject('bin', 'tqmail');

function tqmail(words: readonly string[], input = ''): void {
  const { status, stderr } = spawnSync(launcher, words, { input, encoding: 'utf8', timeout: startMs });
  if (status !== 0) throw new Error(`tqmail ${words[0]} failed: ${stderr}`);
}

export const ours: Pop3Server = {
  name: 'tqmail',
  version: () => String(JSON.parse(readFileSync(inProject('package.json'), 'utf8')).version),
  missing: () => '',
  async start(dir, { user, password, uid, gid, home: folder }) {
    const home = path.join(dir, 'home');
    const port = await freePort();
    tqmail(['init', home, '--me', 'tqmail.bench.test', '--yes']);
    writeFileSync(path.join(home, 'control', 'listeners'), `pop3 127.0.0.1:${port}\n`);
    const owner = ['--uid', String(uid), '--gid', String(gid), '--maildir-home', folder];
    tqmail(['passwd', user, '--home', home, ...owner], `${password}\n`);
    const child = await startChild(launcher, ['start', '--home', home]);
    await waitForGreeting(port, startMs);
    return { port, pid: child.pid, stop: () => child.stop() };
  },
};

/** Its login processes stay for many logins, and it compares the password as it is: its fastest way. */
function dovecotConf(dir: string, port: number, { password, uid, gid, home }: BenchMailbox): string {
  return `protocols = pop3
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
default_process_limit = 1000
mail_location = maildir:${home}/Maildir
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${home}
}
service pop3-login {
  service_count = 0
  process_min_avail = 2
  inet_listener pop3 {
    port = ${port}
  }
  inet_listener pop3s {
    port = 0
  }
}
service pop3 {
  service_count = 0
  process_min_avail = 2
}
`;
}

const dovecot: Pop3Server = {
  name: 'dovecot',
  version: () => spawnSync('dovecot', ['--version'], { encoding: 'utf8' }).stdout.split(' ')[0]?.trim() ?? '',
  missing() {
    if (spawnSync('dovecot', ['--version'], { stdio: 'ignore' }).error !== undefined)
      return 'not installed (Debian: dovecot-pop3d)';
    return process.getuid?.() === 0 ? '' : 'starts as root only';
  },
  async start(dir, mailbox) {
    const port = await freePort();
    const conf = path.join(dir, 'dovecot.conf');
    writeFileSync(conf, dovecotConf(dir, port, mailbox));
    const child = await startChild('dovecot', ['-F', '-c', conf]);
    await waitForGreeting(port, startMs);
    return { port, pid: child.pid, stop: () => child.stop() };
  },
};

export const pop3Peers: readonly Pop3Server[] = [dovecot];
