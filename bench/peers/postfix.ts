/**
 * Postfix as a private instance: its own configuration, queue and log below one folder, started as root.
 * The settings take away what a loopback test cannot have (DNS, TLS) and what would hold it back (flow delay, low limits).
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startChild } from '../process/children.js';
import { freePort, waitForGreeting } from '../process/port.js';
import { processTree } from '../process/tree.js';
import { heldSender, localDomain, type Peer, type RunningPeer, type Workload } from './peer.js';
import { masterTable } from './postfix-services.js';

const program = '/usr/sbin/postfix';
const nobody = 65_534;
/** Delivery processes at a time: the best of the values tried on small machines. */
const processLimit = 40;
/** A million files of a queue take their time. */
const longestMs = 1_800_000;
/** default_destination_recipient_limit when the configuration does not set it. */
const defaultGroup = 50;

export const postfix: Peer = {
  name: 'postfix',
  durable: true,
  missing({ scenario }) {
    if (scenario === 'sink') return 'is a server, not a sink';
    if (!existsSync(program)) return `not installed (no ${program})`;
    return process.getuid?.() === 0 ? '' : 'needs root to start a private instance';
  },
  version: () => command('postconf', ['-dh', 'mail_version']).trim(),
  transactions: ({ rcpts, group }) => Math.ceil(rcpts / (group || defaultGroup)),
  start: startPostfix,
};

interface Places {
  readonly etc: string;
  readonly spool: string;
  readonly data: string;
  readonly box: string;
}

async function startPostfix(workload: Workload): Promise<RunningPeer> {
  const { dir } = workload;
  const places: Places = {
    etc: path.join(dir, 'etc'),
    spool: path.join(dir, 'spool'),
    data: path.join(dir, 'data'),
    box: path.join(dir, 'box'),
  };
  for (const place of Object.values(places)) {
    mkdirSync(place);
    chmodSync(place, 0o755);
  }
  chownSync(places.data, Number(command('id', ['-u', 'postfix'])), 0);
  chownSync(places.box, nobody, nobody);
  const port = await freePort();
  const settings = Object.entries(mainSettings(workload, places)).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(path.join(places.etc, 'main.cf'), settings.join(''));
  writeFileSync(path.join(places.etc, 'master.cf'), masterTable(port, workload.options.sessions + 10));
  return launch(places, port, workload.kind);
}

async function launch(places: Places, port: number, kind: Workload['kind']): Promise<RunningPeer> {
  // A pid namespace of its own: when its first process ends, the kernel ends and reaps all the others.
  const child = await startChild('unshare', ['--pid', '--fork', '--kill-child', program, '-c', places.etc, 'start-fg'], {
    wraps: true,
  });
  try {
    await waitForGreeting(port, 20_000);
  } catch (error) {
    throw new Error(`Postfix did not start: ${child.output.stderr.trim().slice(-300) || String(error)}`);
  }
  return {
    port,
    roots: [child.pid],
    server: child,
    mailbox: path.join(places.box, 'Maildir', 'new'),
    stop: () => child.stop(),
    // Its configuration says whose mail is held: nothing is restarted for it, what is warm stays warm.
    hold: async () => undefined,
    async release() {
      if (kind === 'hold') {
        // Mail that comes from now on is not held. The master's pid file names a pid of its own namespace: ask the tree.
        command('postconf', ['-c', places.etc, '-e', 'smtpd_data_restrictions =']);
        for (const [pid, { parent }] of processTree([child.pid])) if (parent === child.pid) process.kill(pid, 'SIGHUP');
      }
      command('postsuper', ['-c', places.etc, '-H', 'ALL'], longestMs);
      command('postqueue', ['-c', places.etc, '-f']);
    },
    retry: async () => void command('postqueue', ['-c', places.etc, '-f']),
    again: () => launch(places, port, kind),
  };
}

const heldMail: Partial<Record<Workload['kind'], string>> = {
  hold: 'check_client_access static:HOLD',
  drain: `check_sender_access inline:{{${heldSender} = HOLD}}`,
};

function mainSettings(workload: Workload, places: Places): Record<string, string | number> {
  const { group, rcpts } = workload.options;
  return {
    compatibility_level: '3.6',
    queue_directory: places.spool,
    data_directory: places.data,
    maillog_file: path.join(path.dirname(places.etc), 'maillog'),
    maillog_file_prefixes: path.dirname(places.etc),
    myhostname: 'postfix.bench.test',
    mydestination: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    smtpd_data_restrictions: heldMail[workload.kind] ?? '',
    alias_maps: '',
    alias_database: '',
    smtp_dns_support_level: 'disabled',
    smtpd_peername_lookup: 'no',
    smtp_tls_security_level: 'none',
    smtpd_tls_security_level: 'none',
    transport_maps: transportMap(workload.routes),
    relayhost: workload.sinkPort === 0 ? '' : `[127.0.0.1]:${workload.sinkPort}`,
    in_flow_delay: '0s',
    default_process_limit: processLimit,
    default_destination_concurrency_limit: processLimit,
    initial_destination_concurrency: processLimit,
    ...(group > 0 && rcpts > 1 ? { default_destination_recipient_limit: group } : {}),
    smtpd_recipient_limit: 200_000,
    qmgr_message_recipient_limit: 40_000,
    message_size_limit: 0,
    mailbox_size_limit: 0,
    virtual_mailbox_limit: 0,
    virtual_mailbox_domains: localDomain,
    virtual_mailbox_base: places.box,
    virtual_mailbox_maps: 'static:Maildir/',
    virtual_uid_maps: `static:${nobody}`,
    virtual_gid_maps: `static:${nobody}`,
    virtual_minimum_uid: 1,
    minimal_backoff_time: '5s',
    maximal_backoff_time: '5s',
    queue_run_delay: '5s',
  };
}

function transportMap(routes: Workload['routes'] = {}): string {
  const hops = Object.entries(routes).map(([domain, hop]) => `{ ${domain} = smtp:[${hop.address}]:${hop.port} }`);
  return hops.length === 0 ? '' : `inline:{ ${hops.join(', ')} }`;
}

/** Runs a program to its end and answers its stdout; throws with its stderr when it fails. */
function command(name: string, args: readonly string[], timeout = 30_000): string {
  const done = spawnSync(name, args, { encoding: 'latin1', timeout });
  if (done.status !== 0)
    throw new Error(`${name} ${args.join(' ')} failed: ${(done.stderr ?? '').trim() || String(done.error ?? done.status)}`);
  return done.stdout;
}
