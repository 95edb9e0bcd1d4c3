/**
 * Puts a delivery into the frame that goes to lspawnd, where that can be done at once: one recipient with a local part, a
 * body in memory that travels inside. Everything else is left to the delivery thread. Delivers nothing.
 */
import type { WorkerDelivery } from '../messages.js';
import { frameRoom } from './lspawnd-frames.js';
import { encodeDelivery, inlineBody, type WireDelivery } from './lspawnd-messages.js';
import { targetOf } from './target.js';

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
    // Written out: a copy with further fields would be of another kind for the engine each time.
    const wire: WireDelivery = {
      id,
      user: '',
      home: '',
      dash: '',
      ext: '',
      local,
      host,
      sender,
      message,
      recipient: index,
      birth,
      nonce,
      hostname,
      repeated,
      form,
      defaultDelivery: '',
      body: bytes,
    };
    return encodeDelivery(wire, room);
  };
}
