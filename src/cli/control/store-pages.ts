/**
 * A queue listing out of a store: everything not yet preprocessed, and everything in the schedule.
 */
import type { QueuedMessage, QueuedPart, QueuePage } from '../../actors/node-api.js';
import { type MessageHead, type MessageId, type QueueStore, wasSeen } from '../../store/queue-store.js';

const batch = 1000;
const forever = Number.MAX_SAFE_INTEGER;
/** Recipients shown of one message. */
const shownRecipients = 1000;

/** All message ids, ascending. Holds them all at once: 8 octets each. */
export function queuedIds(store: QueueStore): { readonly ids: readonly MessageId[]; readonly todo: number } {
  const ids = new Set<MessageId>();
  for (let after = 0; ; ) {
    const heads = store.todo(after, batch);
    for (const { id } of heads) ids.add(id);
    const last = heads.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  const todo = ids.size;
  for (const channel of ['local', 'remote'] as const) {
    for (const { id } of store.due(channel, forever, forever)) ids.add(id);
  }
  return { ids: [...ids].sort((a, b) => a - b), todo };
}

/** The page after `after` of at most `limit` messages. */
export function storePage(store: QueueStore, queued: ReturnType<typeof queuedIds>, after: MessageId, limit: number): QueuePage {
  const start = queued.ids.findIndex((id) => id > after);
  const ids = start < 0 ? [] : queued.ids.slice(start, start + limit);
  const messages = ids.flatMap((id): readonly QueuedMessage[] => {
    const head = store.head(id);
    if (head === undefined) return [];
    return [{ head, bouncing: store.bounceText(id) !== '', recipients: store.recipients(id, 0, shownRecipients) }];
  });
  const more = start >= 0 && start + limit < queued.ids.length;
  return { messages, total: store.count(), todo: queued.todo, next: more ? ids.at(-1) : undefined };
}

/** A message with all its recipients. */
export function wholeMessage(store: QueueStore, head: MessageHead): QueuedPart {
  const recipients = store.recipients(head.id, 0, head.recipientCount);
  return { head, seen: wasSeen(store, head), bounce: store.bounceText(head.id), recipients };
}
