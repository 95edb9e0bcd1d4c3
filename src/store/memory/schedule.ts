/**
 * The schedule of the queue in memory: due entries in order (due, id, local before remote).
 * A sorted array; it knows nothing of messages.
 */
import type { Channel } from '../../protocol/mail.js';
import type { DueEntry, MessageId } from '../queue-store.js';

/** Order of the schedule: by time, then id, then local before remote. */
function compareDue(a: DueEntry, b: DueEntry): number {
  if (a.due !== b.due) return a.due < b.due ? -1 : 1;
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return a.channel === b.channel ? 0 : a.channel === 'local' ? -1 : 1;
}

export class Schedule {
  #entries: DueEntry[] = [];

  add(id: MessageId, channel: Channel, due: number): void {
    const entry = { id, channel, due };
    this.#entries.splice(this.#firstNotBefore(entry), 0, entry);
  }

  remove(id: MessageId, channel: Channel, due: number): void {
    const entry = { id, channel, due };
    const at = this.#firstNotBefore(entry);
    const found = this.#entries[at];
    if (found !== undefined && compareDue(found, entry) === 0) this.#entries.splice(at, 1);
  }

  first(): DueEntry | undefined {
    return this.#entries[0];
  }

  /** Entries with due <= now, at most `limit`. */
  upTo(now: number, limit: number): DueEntry[] {
    const found: DueEntry[] = [];
    for (const entry of this.#entries) {
      if (entry.due > now || found.length >= limit) break;
      found.push(entry);
    }
    return found;
  }

  /** Entries later than `now`. */
  later(now: number): DueEntry[] {
    return this.#entries.filter((entry) => entry.due > now);
  }

  #firstNotBefore(entry: DueEntry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#entries[middle];
      if (at !== undefined && compareDue(at, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
