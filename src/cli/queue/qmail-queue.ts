/**
 * qmail-queue: the message from descriptor 0, the envelope from descriptor 1, into the queue (spec queue.md §1).
 * Ends with qmail-queue's exit codes.
 */
import type { Verdict } from '../../actors/inject/intake.js';
import { addressTooLong, EnvelopeReader, endedEarly, envelopeMalformed } from '../../protocol/queue-envelope.js';
import { type Call, type Command, complainTo } from '../call.js';
import { pieces } from '../pieces.js';
import type { Destination } from './destination.js';
import { enqueue } from './enqueue.js';

/** A writer dies long before the sweep could take its files (spec queue.md §3.6). */
const alarmMs = 86_400_000;
const timedOut = 52;
/** The caller reads these out of the exit code alone, as from qmail-queue. */
const silent: readonly number[] = [0, addressTooLong, endedEarly, envelopeMalformed];

export const run: Command = async (call) => {
  let alarm: NodeJS.Timeout | undefined;
  const late = new Promise<Verdict>((settle) => {
    alarm = setTimeout(() => settle({ code: timedOut, text: 'gave up after a day' }), alarmMs).unref();
  });
  try {
    const verdict = await Promise.race([enqueue(call.home, (destination) => transfer(call, destination)), late]);
    if (!silent.includes(verdict.code) && verdict.text !== '') complainTo(call, `qmail-queue: fatal: ${verdict.text}`);
    return verdict.code;
  } finally {
    clearTimeout(alarm);
  }
};

/** The message to its end, then the envelope to its last NUL. */
async function transfer(call: Call, destination: Destination): Promise<Verdict> {
  const envelope = new EnvelopeReader();
  try {
    for await (const chunk of pieces(call, 0)) {
      await destination.message(chunk);
      if (destination.early() !== undefined) break;
    }
    for await (const chunk of pieces(call, 1)) {
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
