/**
 * Our own server as a user runs it: `tqmail init`, control files, `tqmail start`.
 * It goes through the launchers alone, so that what is measured is what is shipped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tqmailLoad } from '../load/tqmail.js';
import { slowOf } from '../options.js';
import { type Child, pause, startChild } from '../process/children.js';
import { waitForGreeting } from '../process/port.js';
import { inProject } from '../root.js';
import type { Peer, RunningPeer, Workload } from './peer.js';
import { type Mailbox, prepareMailbox } from './tqmail-mailbox.js';

const launcher = inProject('bin', 'tqmail');
const startLimitMs = 30_000;
/** Deliveries at a time, the same as Postfix gets. */
const slots = 40;

export const tqmail: Peer = {
  name: 'tqmail',
  durable: true,
  missing: ({ scenario }) => (scenario === 'sink' || existsSync(launcher) ? '' : 'not built: bin/tqmail is missing'),
  version: () => String(JSON.parse(readFileSync(inProject('package.json'), 'utf8')).version),
  transactions: ({ rcpts, group }) => Math.ceil(rcpts / (group || 1)),
  async start(workload) {
    if (workload.options.scenario === 'sink') return startOurSink(workload);
    const home = path.join(workload.dir, 'home');
    run(['init', home, '--me', 'tqmail.bench.test', '--yes'], {});
    writeControl(home, workload);
    const mailbox =
      workload.kind === 'local' || workload.kind === 'bounce' ? prepareMailbox(home, path.join(workload.dir, 'user')) : undefined;
    return launch(home, mailbox);
  },
};

async function startOurSink({ dir, options }: Workload): Promise<RunningPeer> {
  const sink = await tqmailLoad.startSink(dir);
  // Its ledger has what carries a mark; smtp-source makes none.
  const taken = options.load === 'tqmail' ? { taken: sink } : {};
  return { port: sink.port, roots: [sink.pid], ...taken, stop: sink.stop };
}

function writeControl(home: string, workload: Workload): void {
  const { options, kind, sinkPort, routes = {} } = workload;
  const hops = Object.entries(routes).map(([domain, hop]) => `${domain}:[${hop.address}]:${hop.port}\n`);
  const files: Record<string, string> = {
    listeners: 'smtp 127.0.0.1:0',
    rcpthosts: ['dest.test', 'box.test', ...Object.keys(routes)].join('\n'),
    locals: 'box.test',
    concurrencyremote: `${kind === 'hold' ? 0 : slots}`,
    concurrencylocal: `${slots}`,
    concurrencyincoming: `${options.sessions + options.crowd + slowOf(options) + 10}`,
    maxrcpt: '200000',
    // Nothing is ever sent there when the queue only holds mail.
    smtproutes: `${hops.join('')}:[127.0.0.1]:${sinkPort || 9}`,
    ...(options.group > 0 ? { rcptspertransaction: `${options.group}` } : {}),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(home, 'control', name), `${text}\n`);
}

async function launch(home: string, mailbox: Mailbox | undefined): Promise<RunningPeer> {
  const ready = path.join(home, 'bench.ready');
  rmSync(ready, { force: true });
  const env = { ...process.env, ...mailbox?.environment };
  const child = await startChild(launcher, ['start', '--home', home, '--ready-file', ready], { env });
  const port = await listeningPort(child, ready);
  const deliverAtOnce = (most: number): void => {
    writeFileSync(path.join(home, 'control', 'concurrencyremote'), `${most}\n`);
    run(['reload', '--home', home], env);
  };
  return {
    port,
    roots: [child.pid],
    server: child,
    ...(mailbox === undefined ? {} : { mailbox: mailbox.folder }),
    stop: () => child.stop(),
    hold: async () => deliverAtOnce(0),
    release: async () => deliverAtOnce(slots),
    retry: async () => run(['doqueue', '--home', home], env),
    again: () => launch(home, mailbox),
  };
}

/** Waits for the ready file; rejects with the last words of a server that ended instead. */
async function listeningPort(child: Child, ready: string): Promise<number> {
  let ended = false;
  child.ended.then(() => {
    ended = true;
  });
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    const port = smtpPort(ready);
    if (port !== undefined) {
      await waitForGreeting(port, startLimitMs);
      return port;
    }
    if (ended) throw new Error(`tqmail did not start: ${lastWords(child)}`);
    if (Date.now() > deadline) throw new Error(`tqmail wrote no ready file within ${startLimitMs / 1000} s: ${lastWords(child)}`);
    await pause(20);
  }
}

function lastWords(child: Child): string {
  return (child.output.stderr.trim() || child.output.stdout.trim()).slice(-300);
}

/** Port of the first SMTP listener in a ready file; undefined while the file is not complete. */
function smtpPort(ready: string): number | undefined {
  try {
    const { listeners } = JSON.parse(readFileSync(ready, 'utf8')) as { listeners: { protocol: string; port: number }[] };
    return listeners.find((listener) => listener.protocol === 'smtp')?.port;
  } catch {
    return undefined;
  }
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): void {
  const done = spawnSync(launcher, args, { encoding: 'utf8', timeout: startLimitMs, env: { ...process.env, ...env } });
  const why = done.error?.message ?? (done.stderr.trim() || `exit ${done.status}`);
  if (done.status !== 0) throw new Error(`tqmail ${args[0]} failed: ${why}`);
}
