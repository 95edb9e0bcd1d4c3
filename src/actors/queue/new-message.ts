/**
 * From what an actor submits to what the store keeps, and the hint that send gets. Pure.
 */
import type { MessageId, NewMessage } from '../../store/queue-store.js';
import type { Queued, Submission } from '../messages.js';

/** Recipients that travel with the hint; send reads longer lists from the store. */
const mostInHint = 50;

export function newMessage(submission: Submission, birth: number): NewMessage {
  const { origin, uid, qp, envelope, form, size, checksum, unixSize } = submission;
  const body =
    submission.file === undefined
      ? { form, bytes: submission.bytes ?? new Uint8Array(0) }
      : { form, file: submission.file, size, ...(checksum === undefined ? {} : { checksum }) };
  return { origin, uid, qp, birth, sender: envelope.sender, recipients: envelope.recipients, body, unixSize };
}

export function queuedHint(id: MessageId, message: NewMessage): Queued {
  const { origin, uid, qp, birth, sender, recipients, unixSize } = message;
  const head = { id, origin, uid, qp, birth, sender, recipientCount: recipients.length, unixSize, preprocessed: false };
  return recipients.length <= mostInHint ? { head, recipients } : { head };
}
