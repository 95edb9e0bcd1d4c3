/** A part of the queue for listings (`tqmail queue`). Reads only; bounded by its caller's limit. */
import { type MessageHead, type QueueStore, type RecipientRow, wasSeen } from '../../store/queue-store.js';
import type { QueuedPart, QueuePage } from '../node-api.js';

/** Recipients shown of one message. */
const mostRecipients = 100;
/** For those of longer lists that are not done so many recipients are looked at, in lots; a lot is a block of the store. */
const lot = 1_000;
const mostLots = 24;

/** Most of one answer to an export: messages, their recipients, and octets of bounce texts. */
const partsAtOnce = 200;
const recipientsAtOnce = 1_500;
const bounceAtOnce = 262_144;

/** The next messages after `after`, recipients of the first from `from` on; the last may lack some of its recipients. */
export function queuedParts(store: QueueStore, after: number, from: number): readonly QueuedPart[] {
  const parts: QueuedPart[] = [];
  let room = recipientsAtOnce;
  let texts = 0;
  for (const head of store.list(after, partsAtOnce)) {
    if (room <= 0 || texts >= bounceAtOnce) break;
    const recipients = store.recipients(head.id, parts.length === 0 ? from : 0, room);
    const bounce = store.bounceText(head.id);
    parts.push({ head, seen: wasSeen(store, head), bounce, recipients });
    room -= recipients.length;
    texts += bounce.length;
  }
  return parts;
}

export function queuePage(store: QueueStore, after: number, limit: number): QueuePage {
  const heads = store.list(after, limit);
  const looks = { left: mostLots };
  const messages = heads.map((head) => ({
    head,
    bouncing: store.bounceText(head.id) !== '',
    recipients: shown(store, head, looks),
  }));
  return {
    messages,
    total: store.count(),
    todo: after === 0 ? unseen(store) : 0,
    next: heads.length < limit ? undefined : heads.at(-1)?.id,
  };
}

/** All recipients of a short list; of a longer one the first that are not done, as long as the page may look for them. */
function shown(store: QueueStore, { id, recipientCount }: MessageHead, looks: { left: number }): readonly RecipientRow[] {
  if (recipientCount <= mostRecipients || looks.left === 0) return store.recipients(id, 0, mostRecipients);
  const found: RecipientRow[] = [];
  for (let from = 0; from < recipientCount && found.length < mostRecipients && looks.left > 0; from += lot) {
    looks.left -= 1;
    found.push(...store.recipients(id, from, lot).filter(({ done }) => !done));
  }
  return found.slice(0, mostRecipients);
}

/** So many are counted one by one. */
const mostCounted = 5_000;

/** Messages that send has not looked at, as qmail-qstat counts those not preprocessed; when they are many, at most so many. */
function unseen(store: QueueStore): number {
  const { local = 0, remote = 0 } = store.looked() ?? {};
  const heads = store.todo(Math.max(local, remote), mostCounted);
  return heads.length < mostCounted ? heads.length : store.todoCount();
}
