/**
 * Reads the schedule: which channel of which message is due when. Only `batch.ts` writes it.
 */
import type { Channel } from '../../protocol/mail.js';
import type { DueEntry } from '../queue-store.js';
import type { Damages } from './damages.js';
import type { DueKey, Layout } from './layout.js';

/** Behind every id and channel of one time. */
const behind = Number.MAX_SAFE_INTEGER;

export class Schedule {
  readonly #layout: Layout;
  readonly #damages: Damages;

  constructor(layout: Layout, damages: Damages) {
    this.#layout = layout;
    this.#damages = damages;
  }

  /** Entries of one channel with due <= now, oldest first, without those of damaged messages. */
  upTo(channel: Channel, now: number, limit: number): DueEntry[] {
    const found: DueEntry[] = [];
    if (limit <= 0) return found;
    const place = placeOf(channel);
    for (const key of this.#layout.due.getKeys({ start: [place, -behind, 0], end: [place, now, behind] })) {
      const entry = entryOf(key);
      if (this.#damages.has(entry.id)) continue;
      found.push(entry);
      if (found.length >= limit) break;
    }
    return found;
  }

  first(channel: Channel): DueEntry | undefined {
    const place = placeOf(channel);
    for (const key of this.#layout.due.getKeys({ start: [place, -behind, 0], end: [place, behind, behind] })) {
      const entry = entryOf(key);
      if (!this.#damages.has(entry.id)) return entry;
    }
    return undefined;
  }

  /** The last entry of a channel. */
  last(channel: Channel): DueEntry | undefined {
    const place = placeOf(channel);
    const range = { start: [place, behind, behind] as DueKey, end: [place, -behind, 0] as DueKey, reverse: true, limit: 1 };
    for (const key of this.#layout.due.getKeys(range)) return entryOf(key);
    return undefined;
  }

  /** Entries of the channel of `last` later than `now`, behind `after` and up to `last`, at most `limit`. */
  later(now: number, limit: number, after: DueEntry | undefined, last: DueEntry): DueEntry[] {
    const start: DueKey = after === undefined ? [placeOf(last.channel), now, behind] : keyOf(after);
    const range = { start, exclusiveStart: true, end: keyOf(last), inclusiveEnd: true, limit };
    return Array.from(this.#layout.due.getKeys(range), entryOf);
  }
}

function placeOf(channel: Channel): 0 | 1 {
  return channel === 'local' ? 0 : 1;
}

function keyOf({ due, id, channel }: DueEntry): DueKey {
  return [placeOf(channel), due, id];
}

function entryOf([channel, due, id]: DueKey): DueEntry {
  return { id, channel: channel === 0 ? 'local' : 'remote', due };
}
