/** A part of the queue for listings (`tqmail queue`). Reads only; bounded by its caller's limit. */
import { type QueueStore, wasSeen } from '../../store/queue-store.js';
import type { QueuedPart, QueuePage } from '../node-api.js';

/** Recipients shown of one message. */
const mostRecipients = 100;

/** Recipients in one part of an exported message. */
const recipientsInPart = 5_000;

export function queuedPart(store: QueueStore, after: number, from: number): QueuedPart | undefined {
  const [head] = store.list(after, 1);
  if (head === undefined) return undefined;
  return {
    head,
    seen: wasSeen(store, head),
    bounce: store.bounceText(head.id),
    recipients: store.recipients(head.id, from, recipientsInPart),
  };
}

export function queuePage(store: QueueStore, after: number, limit: number): QueuePage {
  const heads = store.list(after, limit);
  const messages = heads.map((head) => ({
    head,
    bouncing: store.bounceText(head.id) !== '',
    recipients: store.recipients(head.id, 0, mostRecipients),
  }));
  return {
    messages,
    total: store.count(),
    todo: store.todoCount(),
    next: heads.length < limit ? undefined : heads.at(-1)?.id,
  };
}
