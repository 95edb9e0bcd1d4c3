/**
 * A whole message from a command into the queue of its call (hand-over.ts). Says how it went in qmail's words; what the
 * words mean for the caller is the caller's.
 */
import type { ByteString, Envelope } from '../../protocol/mail.js';
import type { Call } from '../call.js';
import { type QueueAnswer, queueHandOver } from './hand-over.js';

export interface Mail {
  readonly message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly envelope: Envelope;
  /** Variables for `$QMAILQUEUE` beyond those of the call. */
  readonly variables?: Readonly<Record<string, ByteString>>;
}

/** Queues. A message that throws while it is read leaves nothing in the queue; what it threw is thrown on. */
export async function queueMail(call: Call, { message, envelope, variables = {} }: Mail): Promise<QueueAnswer> {
  const handOver = await queueHandOver({ ...call, env: new Map([...call.env, ...Object.entries(variables)]) });
  try {
    for await (const piece of message) {
      await handOver.write(piece);
      if (handOver.settled) break;
    }
  } catch (error) {
    await handOver.abandon();
    throw error;
  }
  return handOver.commit(envelope);
}
