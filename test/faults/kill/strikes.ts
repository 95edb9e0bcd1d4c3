/**
 * The faults that a round may end with: which process or thread is hit, and when the server is whole again. Knows nothing
 * of the mail that is under way.
 */
import { isAlive, processTree } from '../../../bench/process/tree.js';
import { askNode } from '../../../src/cli/control/client.js';
import type { LoopDisk } from '../../support/loop-disk.js';
import { banner, soon, until } from '../../support/server-home.js';
import type { ServerProcess } from '../../support/server-process.js';

/** Whether the server goes on by itself; after `gone` another has to be started. */
type Left = 'gone' | 'stays';

const wholeMs = 60_000;

/** Ends when the role has another process than before. */
async function replaced(server: ServerProcess, role: string, strike: (pid: number) => void | Promise<void>): Promise<Left> {
  await until(`${role} runs`, wholeMs, () => server.pid(role) !== undefined);
  const before = server.pid(role) ?? 0;
  await strike(before);
  await until(`another ${role} runs`, wholeMs, () => ![undefined, before].includes(server.pid(role)));
  return 'stays';
}

async function order(server: ServerProcess, thread: string, kind: string): Promise<void> {
  await until(`${thread} takes the order`, wholeMs, async () => {
    const answer = await askNode(server.home.path, { verb: 'fault', thread, kind }).catch(() => undefined);
    return answer?.tag === 'done';
  });
}

/** A thread that is replaced within its process; the next greeting shows that the front serves. */
async function threadEnds(server: ServerProcess, thread: string, kind: string): Promise<Left> {
  await order(server, thread, kind);
  await banner(server.home.port, wholeMs);
  return 'stays';
}

function parentAlone(server: ServerProcess): Promise<void> {
  const all = processTree([server.child.pid ?? 0]);
  server.child.kill('SIGKILL');
  return until('no process is left', wholeMs, () => [...all].every(([pid, { started }]) => !isAlive(pid, started)));
}

/** Delivery processes of users; root only. */
function killDeliveries(server: ServerProcess): void {
  const lspawnd = server.pid('lspawnd') ?? 0;
  for (const pid of processTree([lspawnd]).keys()) if (pid !== lspawnd) killed(pid);
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

const strikes = {
  /** SIGKILL of every process. */
  all: async (server) => {
    await server.killAll();
    return 'gone';
  },
  parent: async (server) => {
    await parentAlone(server);
    return 'gone';
  },
  node: (server) => replaced(server, 'node', killed),
  lspawnd: (server) => replaced(server, 'lspawnd', killed),
  delivery: async (server) => {
    killDeliveries(server);
    await soon();
    return 'stays';
  },
  'front-throw': (server) => threadEnds(server, 'front 0', 'throw'),
  'front-exit': (server) => threadEnds(server, 'front 0', 'exit'),
  'remote-throw': (server) => threadEnds(server, 'remote', 'throw'),
  'remote-memory': (server) => threadEnds(server, 'remote', 'memory'),
  'local-exit': (server) => threadEnds(server, 'local', 'exit'),
  'core-throw': (server) => replaced(server, 'node', () => order(server, 'core', 'throw')),
  /** The power of the disk is cut, then all processes end; only on a disk of its own. */
  power: async (server, disk) => {
    disk?.cut();
    await server.killAll();
    await disk?.restore();
    return 'gone';
  },
} as const satisfies Readonly<Record<string, (server: ServerProcess, disk?: LoopDisk) => Promise<Left>>>;

export type StrikeName = keyof typeof strikes;

const rootOnly: ReadonlySet<StrikeName> = new Set<StrikeName>(['lspawnd', 'delivery', 'power']);

/** Those that this machine and user can make. */
export const strikeNames: readonly StrikeName[] = (Object.keys(strikes) as StrikeName[]).filter(
  (name) => !rootOnly.has(name) || process.getuid?.() === 0,
);

/** What a mixed run goes through, in this order. */
export const mixedNames: readonly StrikeName[] = strikeNames.filter((name) => name !== 'power');

export function strike(name: StrikeName, server: ServerProcess, disk?: LoopDisk): Promise<Left> {
  return strikes[name](server, disk);
}
