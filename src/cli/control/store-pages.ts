/**
 * One queued message out of a store, whole but for its body.
 */
import type { QueuedPart } from '../../actors/node-api.js';
import { type MessageHead, type QueueStore, wasSeen } from '../../store/queue-store.js';

/** A message with all its recipients. */
export function wholeMessage(store: QueueStore, head: MessageHead): QueuedPart {
  const recipients = store.recipients(head.id, 0, head.recipientCount);
  return { head, seen: wasSeen(store, head), bounce: store.bounceText(head.id), recipients };
}
