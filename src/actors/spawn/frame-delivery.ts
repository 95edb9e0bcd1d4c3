/**
 * Puts a delivery into the frame that goes to lspawnd, where that can be done at once: one recipient with a local part, a
 * body in memory that travels inside. Everything else is left to the delivery thread. Delivers nothing.
 */
import type { WorkerDelivery } from '../messages.js';
import { frameRoom } from './lspawnd-frames.js';
import { encodeDelivery, inlineBody } from './lspawnd-messages.js';
import { targetOf } from './target.js';

const unaddressed = { user: '', home: '', dash: '', ext: '', defaultDelivery: '' };

/**
 * `nonce` is the queue's, `hostname` this machine's; both become part of names in Maildirs. A frame is to be copied before
 * the next one is made, as a link does.
 */
export function framer(nonce: string, hostname: string): (delivery: WorkerDelivery, id: number) => Buffer | undefined {
  const room = frameRoom();
  return ({ recipients, bytes, message, index, birth, sender, repeated, form }, id) => {
    const recipient = recipients[0];
    if (recipient === undefined || recipients.length > 1 || bytes === undefined || bytes.length > inlineBody) return undefined;
    const { local, host } = targetOf(recipient);
    if (local === '') return undefined;
    const numbers = { id, message, recipient: index, birth };
    const wire = { ...unaddressed, ...numbers, local, host, sender, nonce, hostname, repeated, form, body: bytes };
    return encodeDelivery(wire, room);
  };
}
