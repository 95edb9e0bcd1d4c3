/**
 * forward and condredirect send a message on: the Delivered-To line, the message, a new envelope.
 */
import type { ByteString, Envelope } from '../../protocol/mail.js';
import { type Call, complainTo } from '../call.js';
import { errorWords, Fatal, permanent, temporary } from '../fatal.js';
import { queueMail } from '../queue/queue-mail.js';

/** Queues it and says `NAME: qp N`. A refusal, and a message that cannot be read, end the command. */
export async function redirect(
  call: Call,
  name: string,
  envelope: Envelope,
  front: ByteString,
  message: AsyncIterable<Uint8Array>,
): Promise<void> {
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(front, 'latin1');
    yield* message;
  }
  const { text, detail, qp } = await queueMail(call, { message: whole(), envelope }).catch((error: unknown) => {
    throw new Fatal(temporary, `unable to read message: ${errorWords(error)}`);
  });
  if (detail !== '') complainTo(call, `${name}: ${detail}`);
  if (text !== '') throw new Fatal(text.startsWith('D') ? permanent : temporary, text.slice(1));
  complainTo(call, `${name}: qp ${qp}`);
}
