/**
 * qmail-queue: the message from descriptor 0, the envelope from descriptor 1, into the queue (spec queue.md §1).
 * Hands both to the running node; while none runs it writes the store itself. Ends with qmail-queue's exit codes.
 */
import { createReadStream } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { handOver } from '../../actors/inject/hand-over.js';
import type { Verdict } from '../../actors/inject/intake.js';
import { EnvelopeReader, endedEarly, envelopeMalformed, addressTooLong } from '../../protocol/queue-envelope.js';
import { CommandTrouble, complain } from '../complain.js';
import { homeFolder, pidsFile, queueSocket } from '../home.js';
import { isAlive, readPids } from '../start/run-files.js';

/** A writer dies long before the sweep could take its files (spec queue.md §3.6). */
const alarmMs = 86_400_000;
/** A server that restarts is waited for, in milliseconds (contract §3). */
const patienceMs = 30_000;
const pieceSize = 65_536;
const cannotWrite = 53;
const timedOut = 52;
/** The caller reads these out of the exit code alone, as from qmail-queue. */
const silent: readonly number[] = [0, addressTooLong, endedEarly, envelopeMalformed];

/** Where message and envelope go. */
export interface Destination {
  message(chunk: Uint8Array): Promise<void>;
  envelope(chunk: Uint8Array): Promise<void>;
  /** A verdict before the end: the rest need not be read. */
  early(): Verdict | undefined;
  commit(): Promise<Verdict>;
  abandon(): Promise<void> | void;
}

export async function main(): Promise<number> {
  setTimeout(() => process.exit(timedOut), alarmMs).unref();
  const home = homeFolder(undefined);
  const uid = process.getuid?.() ?? 0;
  let verdict: Verdict;
  try {
    verdict = await queueMessage(home, uid);
  } catch (error) {
    if (!(error instanceof CommandTrouble)) throw error;
    verdict = { code: error.exitCode, text: error.message };
  }
  if (!silent.includes(verdict.code) && verdict.text !== '') complain(`qmail-queue: fatal: ${verdict.text}`);
  return verdict.code;
}

async function queueMessage(home: string, uid: number): Promise<Verdict> {
  const patience = Date.now() + patienceMs;
  for (;;) {
    const node = await handOver(queueSocket(home), uid, process.pid);
    if (node !== undefined) return transfer(node);
    if (!serverRestarts(home)) {
      const { QueueLocked, withStore } = await import('./own-store.js');
      try {
        return await withStore(home, async (store, folder) => {
          const { storeDestination } = await import('./store-destination.js');
          return transfer(storeDestination(store, folder, uid));
        });
      } catch (error) {
        if (!(error instanceof QueueLocked)) throw error;
      }
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

/** The message to its end, then the envelope to its last NUL. */
async function transfer(destination: Destination): Promise<Verdict> {
  const envelope = new EnvelopeReader();
  try {
    for await (const chunk of descriptor(0)) {
      await destination.message(chunk);
      if (destination.early() !== undefined) break;
    }
    for await (const chunk of descriptor(1)) {
      if (destination.early() !== undefined) break;
      await destination.envelope(chunk);
      if (envelope.take(chunk) !== 'open') break;
    }
  } catch {
    await destination.abandon();
    return { code: endedEarly, text: '' };
  }
  const early = destination.early();
  if (early === undefined && envelope.state === 'complete') return destination.commit();
  await destination.abandon();
  if (early !== undefined) return early;
  return { code: typeof envelope.state === 'number' ? envelope.state : endedEarly, text: '' };
}

function descriptor(fd: number): AsyncIterable<Buffer> {
  return createReadStream('', { fd, highWaterMark: pieceSize, autoClose: false });
}
