/**
 * Routing of a message with very many recipients: its routed list is kept before the first delivery, so
 * that it never has to be in memory again. After that the schedule delivers it, window by window.
 */
import type { Routed } from '../../protocol/mail.js';
import type { Routing } from '../../protocol/routing.js';
import type { MessageHead } from '../../store/queue-store.js';
import { isUnanswered, type Peers } from '../kernel/actor.js';
import { lotSize } from './windows.js';

/** First due times of the channels in use, or undefined when the queue could not keep it now. */
export async function preprocessLarge(
  peers: Peers<'send'>,
  head: MessageHead,
  routing: Routing,
  now: number,
): Promise<{ local?: number; remote?: number } | undefined> {
  const routed: Routed[] = [];
  const due: { local?: number; remote?: number } = {};
  while (routed.length < head.recipientCount) {
    const rows = await peers.queue.ask('recipients', { id: head.id, from: routed.length, limit: lotSize });
    if (isUnanswered(rows)) return undefined;
    if (rows.length === 0) break;
    // Done by the other channel since the message was seen: its times must not be set back.
    if (rows.some((row) => row.routed !== undefined)) return {};
    for (const { address } of rows) {
      const route = routing.route(address);
      routed.push(route);
      due[route.channel] = now;
    }
  }
  // Shorter than announced: it ended meanwhile, there is nothing to do.
  if (routed.length < head.recipientCount) return {};
  const kept = await peers.queue.ask('preprocess', { id: head.id, routed, due });
  return kept === true ? due : undefined;
}
