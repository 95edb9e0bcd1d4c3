/**
 * `mailsubj subject recipient...`: the text on descriptor 0 becomes a message, which qmail-inject completes and sends.
 */
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';
import { ownWithFront } from '../child/become.js';
import { orFatal } from '../fatal.js';

/** A line end within goes on as a folded line, so that no argument can begin another field. */
const folded = (text: ByteString): ByteString => text.replace(/\n+(?![ \t])/g, '\n ');

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'mailsubj', async () => {
    const [subject = '', ...recipients] = call.args;
    const to = recipients.map((recipient) => ` ${folded(recipient)}`).join('');
    const front = `Subject: ${folded(subject)}\nTo:${to}\n\n`;
    return ownWithFront(call, 'qmail-inject', [], front, async () => (await import('../inject/qmail-inject.js')).run);
  });
