/**
 * The forward lines of a delivery as one message into the queue, after everything else (spec local.md §5.4).
 */
import type { LocalForward } from '../../../actors/messages.js';
import type { ByteString } from '../../../protocol/mail.js';
import { queueText } from '../../../protocol/queue-verdict.js';
import { MessageUnreadable, type UnixMessage } from '../../../store/unix-message.js';
import type { Call } from '../../call.js';
import type { QueueAnswer } from '../../queue/hand-over.js';
import { queueMail } from '../../queue/queue-mail.js';

/** How the delivery ends: its exit code and what is still to be said. */
export interface Forwarding {
  readonly exit: 0 | 100 | 111;
  readonly out: ByteString;
  readonly err: ByteString;
}

const readError = 54;

async function* messageBehind(prefix: ByteString, message: UnixMessage): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(prefix, 'latin1');
  yield* message.pieces();
}

export async function forwardMail(
  call: Call,
  message: UnixMessage,
  forward: LocalForward,
  variables: Readonly<Record<string, ByteString>>,
): Promise<Forwarding> {
  const envelope = { sender: forward.sender, recipients: forward.recipients };
  let queued: QueueAnswer;
  try {
    queued = await queueMail(call, { message: messageBehind(forward.prefix, message), envelope, variables });
  } catch (error) {
    if (!(error instanceof MessageUnreadable)) throw error;
    queued = { text: queueText({ code: readError, custom: '' }), qp: 0, detail: '' };
  }
  const { text, qp, detail } = queued;
  if (text === '') return { exit: 0, out: `qp ${qp}\n`, err: '' };
  const why = detail === '' ? '' : `qmail-local: ${detail}\n`;
  return { exit: text.startsWith('D') ? 100 : 111, out: '', err: `${why}Unable to forward message: ${text.slice(1)}.\n` };
}
