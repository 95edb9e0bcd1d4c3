/**
 * qmail-queue: the message from descriptor 0, the envelope from descriptor 1, into the queue (spec queue.md §1).
 * Ends with qmail-queue's exit codes.
 */
import { createReadStream } from 'node:fs';
import type { Verdict } from '../../actors/inject/intake.js';
import { addressTooLong, EnvelopeReader, endedEarly, envelopeMalformed } from '../../protocol/queue-envelope.js';
import { complain } from '../complain.js';
import { homeFolder } from '../home.js';
import { type Destination, enqueue } from './enqueue.js';

/** A writer dies long before the sweep could take its files (spec queue.md §3.6). */
const alarmMs = 86_400_000;
const timedOut = 52;
const pieceSize = 65_536;
/** The caller reads these out of the exit code alone, as from qmail-queue. */
const silent: readonly number[] = [0, addressTooLong, endedEarly, envelopeMalformed];

export async function main(): Promise<number> {
  setTimeout(() => process.exit(timedOut), alarmMs).unref();
  const verdict = await enqueue(homeFolder(undefined), transfer);
  if (!silent.includes(verdict.code) && verdict.text !== '') complain(`qmail-queue: fatal: ${verdict.text}`);
  return verdict.code;
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
