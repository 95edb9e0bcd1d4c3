/**
 * Messages that wait for their next remote try and have a recipient at one of the hosts that are meant: read in pages
 * from a place on, so that a long queue never keeps the thread. Reads only.
 */
import type { Destinations } from '../../protocol/destination.js';
import type { MessageHead, MessageId, QueueStore } from '../../store/queue-store.js';
import type { WaitingAt, WaitingPage } from '../messages.js';

const headsAtOnce = 200;
const rowsAtOnce = 500;
/** Recipients looked at in one page. */
const mostRows = 5_000;

export function waitingPage(store: QueueStore, meant: Destinations, at: WaitingAt): WaitingPage {
  const ids: MessageId[] = [];
  const heads = store.list(at.after, headsAtOnce);
  let from = at.from;
  let left = mostRows;
  let after = at.after;
  for (const head of heads) {
    const found = head.due?.remote === undefined ? false : hasMeant(store, meant, head, from, left);
    if (typeof found === 'object') return { ids, next: { after, from: found.from } };
    if (found) ids.push(head.id);
    left -= Math.min(left, head.recipientCount);
    after = head.id;
    from = 0;
    if (left === 0) return { ids, next: { after, from: 0 } };
  }
  return { ids, next: heads.length < headsAtOnce ? undefined : { after, from: 0 } };
}

/** `from`: so far nothing was found, and the rest is for the next page. */
function hasMeant(
  store: QueueStore,
  meant: Destinations,
  { id, recipientCount }: MessageHead,
  from: number,
  most: number,
): boolean | { readonly from: number } {
  for (let index = from; index < recipientCount; index += rowsAtOnce) {
    if (index - from >= most) return { from: index };
    const rows = store.recipients(id, index, rowsAtOnce);
    for (const { done, routed } of rows) {
      if (!done && routed?.channel === 'remote' && meant.has(hostOf(routed.address))) return true;
    }
    if (rows.length < rowsAtOnce) return false;
  }
  return false;
}

const hostOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
