/**
 * The way into the queue of a home for a command: through the running node, or into the store while none runs.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { handOver } from '../../actors/inject/hand-over.js';
import type { Verdict } from '../../actors/inject/intake.js';
import { CommandTrouble } from '../complain.js';
import { pidsFile, queueSocket } from '../home.js';
import { isAlive, readPids } from '../run/run-files.js';
import type { Destination } from './destination.js';

/** A server that restarts is waited for, in milliseconds (contract §3). */
const patienceMs = 30_000;
const cannotWrite = 53;

/** Finds the way and lets `feed` use it once. A queue that cannot be used is a verdict with its exit code. */
export async function enqueue(home: string, feed: (destination: Destination) => Promise<Verdict>): Promise<Verdict> {
  const uid = process.getuid?.() ?? 0;
  const patience = Date.now() + patienceMs;
  for (;;) {
    const node = await handOver(queueSocket(home), uid, process.pid);
    if (node !== undefined) return feed(node);
    if (!serverRestarts(home)) {
      const verdict = await intoStore(home, uid, feed);
      if (verdict !== undefined) return verdict;
    }
    if (Date.now() > patience) return { code: cannotWrite, text: `${home}: the server does not answer and holds the queue` };
    await wait(200);
  }
}

/** The parent lives, so the node comes back: nobody else may write the queue meanwhile. */
function serverRestarts(home: string): boolean {
  const [parent] = readPids(pidsFile(home));
  return parent !== undefined && isAlive(parent.pid);
}

/** Undefined when somebody else holds the lock. */
async function intoStore(
  home: string,
  uid: number,
  feed: (destination: Destination) => Promise<Verdict>,
): Promise<Verdict | undefined> {
  const { QueueLocked, withStore } = await import('./own-store.js');
  try {
    return await withStore(home, async (store, folder) => {
      const { storeDestination } = await import('./store-destination.js');
      return feed(storeDestination(store, folder, uid));
    });
  } catch (error) {
    if (error instanceof QueueLocked) return undefined;
    if (error instanceof CommandTrouble) return { code: error.exitCode, text: error.message };
    throw error;
  }
}
