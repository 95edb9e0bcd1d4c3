/**
 * A whole message from a command into the queue: through `$QMAILQUEUE` when the call has it, else into the home's own
 * queue. Says it in qmail's words; what the words mean for the caller is the caller's.
 */
import type { ByteString, Envelope } from '../../protocol/mail.js';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { queueText } from '../../protocol/queue-verdict.js';
import type { Call } from '../call.js';

/** `text` empty: queued under the number `qp`. Else `D` or `Z` and qmail's words; `detail` is for people. */
export interface Queued {
  readonly text: ByteString;
  readonly qp: number;
  readonly detail: string;
}

export interface Mail {
  readonly message: AsyncIterable<Uint8Array>;
  readonly envelope: Envelope;
  /** Variables for `$QMAILQUEUE` beyond those of the call. */
  readonly variables?: Readonly<Record<string, ByteString>>;
}

/** Queues. A message that throws while it is read leaves nothing in the queue; what it threw is thrown on. */
export async function queueMail(call: Call, mail: Mail): Promise<Queued> {
  const envelope = Buffer.from(envelopeText(mail.envelope), 'latin1');
  const program = call.env.get('QMAILQUEUE');
  if (program !== undefined && program !== '') {
    const { runQueueProgram } = await import('./queue-program.js');
    const env = { ...Object.fromEntries(call.env), ...mail.variables };
    const end = await runQueueProgram(program, call.home, { message: mail.message, envelope }, { env, err: call.descriptor(2) });
    return { text: queueText(end), qp: end.pid, detail: '' };
  }
  const { enqueue } = await import('./enqueue.js');
  const { code, text } = await enqueue(call.home, async (destination) => {
    try {
      for await (const piece of mail.message) {
        await destination.message(piece);
        if (destination.early() !== undefined) break;
      }
    } catch (error) {
      await destination.abandon();
      throw error;
    }
    await destination.envelope(envelope);
    return destination.commit();
  });
  return { text: queueText({ code, custom: '' }), qp: process.pid, detail: text };
}
