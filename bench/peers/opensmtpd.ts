/**
 * OpenSMTPD as a private instance. Its spool path and its users are compiled in, so it runs in a mount namespace of its
 * own, with a temporary spool, passwd and group in their places. Installed, or unpacked below $OPENSMTPD_PREFIX.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startChild } from '../process/children.js';
import { freePort, waitForGreeting } from '../process/port.js';
import { localDomain, type Peer, type RunningPeer, type Workload } from './peer.js';

const possible = new Set(['relay', 'fanout', 'latency', 'local', 'slow-domain']);
const nobody = 65_534;
/** Ids of its two users, inside the namespace alone. */
const [daemonId, queueId] = [64_310, 64_311];
const mostSessions = 100;
/**
 * Once its connections to a next hop have ended, it opens new ones to the same hop only when ten seconds are over, unless it
 * has forgotten that hop meanwhile, which takes some more without mail. No setting changes that.
 */
const forgetsHopMs = 15_000;

const prefix = (): string => process.env.OPENSMTPD_PREFIX ?? '';
const program = (): string => `${prefix()}/usr/sbin/smtpd`;

export const opensmtpd: Peer = {
  name: 'opensmtpd',
  durable: false,
  missing({ scenario }) {
    if (!possible.has(scenario)) return `no ${scenario} run: no adapter holds its queue`;
    if (!existsSync(program())) return `not installed (no ${program()})`;
    return process.getuid?.() === 0 ? '' : 'needs root to start a private instance';
  },
  version: () => /OpenSMTPD ([\w.-]+)/.exec(spawnSync(program(), ['-h'], { encoding: 'utf8' }).stderr)?.[1] ?? '',
  transactions: ({ rcpts }) => (rcpts === 1 ? 1 : undefined),
  start: startOpenSmtpd,
};

async function startOpenSmtpd(workload: Workload): Promise<RunningPeer> {
  const { dir } = workload;
  const port = await freePort();
  const [spool, box] = [path.join(dir, 'spool'), path.join(dir, 'box')];
  mkdirSync(spool);
  chmodSync(spool, 0o711);
  mkdirSync(box);
  chownSync(box, nobody, nobody);
  const accounts = [
    `opensmtpd:x:${daemonId}:${daemonId}::/var/lib/opensmtpd/empty:/bin/false`,
    `opensmtpq:x:${queueId}:${queueId}::/nonexistent:/bin/false`,
  ];
  const groups = [`opensmtpd:x:${daemonId}:`, `opensmtpq:x:${queueId}:`];
  writeFileSync(path.join(dir, 'passwd'), withLines('/etc/passwd', accounts));
  writeFileSync(path.join(dir, 'group'), withLines('/etc/group', groups));
  writeFileSync(path.join(dir, 'resolv.conf'), 'lookup file\nnameserver 127.0.0.1\n');
  writeFileSync(path.join(dir, 'smtpd.conf'), configuration(workload, port, box), { mode: 0o600 });
  const child = await startChild('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', inNamespace(dir)], {
    wraps: true,
  });
  try {
    await waitForGreeting(port, 20_000);
  } catch (error) {
    throw new Error(`OpenSMTPD did not start: ${child.output.stderr.trim().slice(-300) || String(error)}`);
  }
  const mailbox = path.join(box, 'Maildir', 'new');
  return { port, roots: [child.pid], server: child, mailbox, restMs: forgetsHopMs, stop: () => child.stop() };
}

/** The lines of a system file with others behind them, unless the names are there. */
function withLines(file: string, lines: readonly string[]): string {
  const text = readFileSync(file, 'utf8');
  const missing = lines.filter((line) => !text.includes(`\n${line.slice(0, line.indexOf(':') + 1)}`));
  return [text.trimEnd(), ...missing, ''].join('\n');
}

/** Commands of the namespace's first process: everything that is mounted is gone with it. */
function inNamespace(dir: string): string {
  const parts = [
    'mount --make-rprivate /',
    ...['passwd', 'group', 'resolv.conf'].map((name) => `mount --bind '${dir}/${name}' /etc/${name}`),
    'mount -t tmpfs none /run',
    // /var/spool and /var/lib of the machine stay as they are: what is missing there is made on a layer of this namespace.
    `mkdir -p '${dir}/var-spool/smtpd' '${dir}/var-lib/opensmtpd/empty'`,
    `mount --bind '${dir}/spool' '${dir}/var-spool/smtpd'`,
    `mount --rbind '${dir}/var-spool' /var/spool`,
    `mount --rbind '${dir}/var-lib' /var/lib`,
  ];
  const libexec = `${prefix()}/usr/libexec/opensmtpd`;
  if (prefix() !== '') {
    parts.push(`mkdir -p '${dir}/libexec/opensmtpd'`, `mount --bind '${libexec}' '${dir}/libexec/opensmtpd'`);
    parts.push(`mount --rbind '${dir}/libexec' /usr/libexec`);
  }
  return `${parts.join(' && ')} && exec ${program()} -d -f '${dir}/smtpd.conf'`;
}

function configuration({ options, sinkPort, routes = {} }: Workload, port: number, box: string): string {
  const limits = ['host', 'route', 'connector', 'relay', 'domain'].map((name) => `max-conn-per-${name} ${mostSessions}`);
  const hops = Object.entries(routes);
  return `smtp limit max-mails 1000000 max-rcpt 200000
smtp max-message-size 1G
mta limit ${limits.join(' ')} conn-delay-route 0 conn-delay-relay 0 session-mail-max 1000000
mta max-deferred 100000
scheduler limit max-inflight 100000 max-schedule 1000
listen on 127.0.0.1 port ${port} hostname opensmtpd.bench.test
action "box" maildir "${box}/Maildir" user nobody virtual { "@" = nobody }
action "out" relay host smtp://127.0.0.1:${sinkPort || 9}
${hops.map(([, hop], index) => `action "hop${index}" relay host smtp://${hop.address}:${hop.port}\n`).join('')}\
match from any for domain "${localDomain}" action "box"
${hops.map(([domain], index) => `match from any for domain "${domain}" action "hop${index}"\n`).join('')}\
match from any for any action "out"
# ${options.scenario}
`;
}
