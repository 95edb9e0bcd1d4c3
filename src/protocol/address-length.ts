/**
 * The length limit of envelope addresses (spec queue.md §1). Everything else in an address is
 * taken as it comes: qmail's queue knows no syntax.
 */
import { type ByteString, type Envelope, maxAddressLength } from './mail.js';

/** True when the queue does not take the address (qmail-queue's exit 11). */
export function addressTooLong(address: ByteString): boolean {
  return address.length > maxAddressLength;
}

/** True when the sender or a recipient is too long; the whole message is then refused. */
export function envelopeTooLong(envelope: Envelope): boolean {
  return addressTooLong(envelope.sender) || envelope.recipients.some(addressTooLong);
}
