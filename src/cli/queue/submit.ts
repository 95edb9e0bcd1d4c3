/**
 * How a command gives one message to the queue: to `$QMAILQUEUE` where the call's environment names one, else through
 * the running server or into the store. Knows qmail-queue's exit codes, not what its caller says about them.
 */
import { resolve } from 'node:path';
import type { ByteString, Envelope } from '../../protocol/mail.js';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { queueText } from '../../protocol/queue-verdict.js';
import type { Call } from '../call.js';

export interface QueueAnswer {
  /** Empty: queued. Else `D` (never) or `Z` (not now) and qmail's text. */
  readonly text: ByteString;
  /** More for people, where the own queue refused; may be empty. */
  readonly detail: string;
}

/** Rejects only when `message` does; nothing is queued then. */
export async function submit(
  call: Call,
  message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  envelope: Envelope,
): Promise<QueueAnswer> {
  const octets = Buffer.from(envelopeText(envelope), 'latin1');
  const program = call.env.get('QMAILQUEUE');
  if (program !== undefined && program !== '') {
    const { runQueueProgram } = await import('./queue-program.js');
    const file = resolve(call.home, Buffer.from(program, 'latin1').toString());
    const caller = { env: Object.fromEntries(call.env), err: call.descriptor(2) };
    return { text: queueText(await runQueueProgram(file, call.home, { message, envelope: octets }, caller)), detail: '' };
  }
  const { enqueue } = await import('./enqueue.js');
  const verdict = await enqueue(call.home, async (destination) => {
    try {
      for await (const piece of message) {
        await destination.message(piece);
        if (destination.early() !== undefined) break;
      }
    } catch (error) {
      await destination.abandon();
      throw error;
    }
    await destination.envelope(octets);
    return destination.commit();
  });
  return { text: queueText({ code: verdict.code, custom: '' }), detail: verdict.text };
}
