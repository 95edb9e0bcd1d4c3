/**
 * Haraka with a private folder: one process, outbound queue files, everything to the next hop; or, as a sink, discarded.
 * Found below $HARAKA_DIR (`npm install Haraka@3.1.1 --before=2026-01-15` there: later ones need a newer Node than 20, and
 * what it depends on must be of its time too).
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startChild } from '../process/children.js';
import { freePort, waitForGreeting } from '../process/port.js';
import { inProject } from '../root.js';
import type { Peer, RunningPeer, Workload } from './peer.js';

const possible = new Set(['relay', 'fanout', 'latency', 'slow-domain', 'sink']);
/** Deliveries at a time. */
const mostDeliveries = 100;

/** The package has been published under both names. */
function moduleFolder(): string {
  const modules = path.join(process.env.HARAKA_DIR ?? inProject(), 'node_modules');
  return ['haraka', 'Haraka'].map((name) => path.join(modules, name)).find(existsSync) ?? path.join(modules, 'Haraka');
}

interface Package {
  readonly version: string;
  readonly engines?: { readonly node?: string };
}

function packageFile(): Package {
  return JSON.parse(readFileSync(path.join(moduleFolder(), 'package.json'), 'utf8'));
}

/** Empty when it can run with this Node. */
function missingPackage(): string {
  if (!existsSync(moduleFolder())) return 'not installed (npm install Haraka@3.1.1 --before=2026-01-15 in $HARAKA_DIR)';
  const { version, engines } = packageFile();
  const least = Number(/^>=\s*(\d+)/.exec(engines?.node ?? '')?.[1] ?? 0);
  if (least <= Number(process.versions.node.split('.')[0])) return '';
  return `Haraka ${version} needs Node ${engines?.node}, this is ${process.version} (on Node 18 and later: npm install Haraka@3.1.1 --before=2026-01-15)`;
}

export const haraka: Peer = {
  name: 'haraka',
  durable: true,
  missing({ scenario }) {
    if (!possible.has(scenario)) return `no ${scenario} run: it cannot hold its queue and has no mailboxes`;
    return missingPackage();
  },
  version: () => packageFile().version,
  transactions: ({ rcpts, group }) => (group === 1 ? rcpts : undefined),
  start: startHaraka,
};

async function startHaraka(workload: Workload): Promise<RunningPeer> {
  const { dir, options } = workload;
  const port = await freePort();
  for (const folder of ['config', 'plugins', 'queue']) mkdirSync(path.join(dir, folder));
  const isSink = options.scenario === 'sink';
  const files: Record<string, string> = {
    'config/me': 'haraka.bench.test\n',
    'config/smtp.ini': `listen=127.0.0.1:${port}\nnodes=0\n[main]\nlisten=127.0.0.1:${port}\nnodes=0\n`,
    'config/log.ini': 'level=warn\n',
    'config/databytes': '0\n',
    'config/outbound.ini': outboundSettings(workload),
    'config/plugins': isSink ? 'bench\nqueue/discard\n' : 'bench\n',
    'plugins/bench.js': plugin(workload),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(dir, name), text);
  // Some versions take no default for what is missing there.
  const connection = path.join(moduleFolder(), 'config', 'connection.ini');
  if (existsSync(connection)) copyFileSync(connection, path.join(dir, 'config', 'connection.ini'));
  const env = { ...process.env, YES_REALLY_DO_DISCARD: '1' };
  const child = await startChild(process.execPath, [path.join(moduleFolder(), 'bin', 'haraka'), '-c', dir], { env });
  try {
    await waitForGreeting(port, 20_000);
  } catch (error) {
    const words = child.output.stderr.trim();
    throw new Error(`Haraka did not start: ${/^.*Error: .*$/m.exec(words)?.[0] ?? (words.slice(-300) || String(error))}`);
  }
  return { port, roots: [child.pid], server: child, stop: () => child.stop() };
}

function outboundSettings({ options }: Workload): string {
  const split = options.scenario === 'fanout' && options.group === 1;
  return `concurrency_max=${mostDeliveries}\nlocal_mx_ok=true\nenable_tls=false\nalways_split=${split}\n`;
}

/** Accepts everything, names the next hop, and sends reverse lookups to a closed port so that no resolver is waited for. */
function plugin({ sinkPort, routes = {} }: Workload): string {
  return `require('node:dns').setServers(['127.0.0.1:9']);
const routes = ${JSON.stringify(routes)};
exports.hook_connect = (next, connection) => { connection.relaying = true; next(); };
exports.hook_mail = (next) => next(OK);
exports.hook_rcpt = (next) => next(OK);
exports.hook_get_mx = (next, hmail, domain) => {
  const { address, port } = routes[domain] || { address: '127.0.0.1', port: ${sinkPort} };
  next(OK, { exchange: address, port, priority: 0 });
};
`;
}
