/**
 * Reads the schedule: which channel of which message is due when. Only `batch.ts` writes it.
 */
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

  /** Entries with due <= now, behind `after`, without those of damaged messages. */
  upTo(now: number, limit: number, after: DueEntry | undefined): DueEntry[] {
    const found: DueEntry[] = [];
    if (limit <= 0) return found;
    const start = after === undefined ? undefined : keyOf(after);
    const end: DueKey = [now, behind, 1];
    for (const key of this.#layout.due.getKeys(start === undefined ? { end } : { start, exclusiveStart: true, end })) {
      const entry = entryOf(key);
      if (this.#damages.has(entry.id)) continue;
      found.push(entry);
      if (found.length >= limit) break;
    }
    return found;
  }

  first(): DueEntry | undefined {
    for (const key of this.#layout.due.getKeys()) {
      const entry = entryOf(key);
      if (!this.#damages.has(entry.id)) return entry;
    }
    return undefined;
  }

  /** The last entry of all. */
  last(): DueEntry | undefined {
    for (const key of this.#layout.due.getKeys({ reverse: true, limit: 1 })) return entryOf(key);
    return undefined;
  }

  /** Entries later than `now`, behind `after` and up to `last`, at most `limit`. */
  later(now: number, limit: number, after: DueEntry | undefined, last: DueEntry): DueEntry[] {
    const start: DueKey = after === undefined ? [now, behind, 1] : keyOf(after);
    const range = { start, exclusiveStart: true, end: keyOf(last), inclusiveEnd: true, limit };
    return Array.from(this.#layout.due.getKeys(range), entryOf);
  }
}

function keyOf({ due, id, channel }: DueEntry): DueKey {
  return [due, id, channel === 'local' ? 0 : 1];
}

function entryOf([due, id, channel]: DueKey): DueEntry {
  return { id, channel: channel === 0 ? 'local' : 'remote', due };
}
