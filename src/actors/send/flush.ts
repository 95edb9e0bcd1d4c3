/**
 * Makes the mail that waits for some destinations due at once: walks over the queue in the background, page by page.
 * One walk at a time; the same names asked for again meanwhile, or just now, cost nothing.
 */
import type { MessageId } from '../../store/queue-store.js';
import { isUnanswered, type Peers, type Unanswered } from '../kernel/actor.js';
import { type Clock, secondsOf } from '../kernel/clock.js';
import type { WaitingAt, WaitingPage } from '../messages.js';

/** Names that may wait for their walk. */
const mostWaiting = 1_000;
/** Milliseconds in which a peer that asks again for the same names is not walked for again. */
const quietMs = 10_000;
/** Milliseconds until a second look for messages that were being tried during the first. */
const secondLookMs = 5_000;

export interface FlusherParts {
  readonly peers: Peers<'send'>;
  readonly clock: Clock;
  /** Some messages are due now. */
  due(): void;
  /** Messages are being tried on the remote channel. */
  isBusy(): boolean;
}

export class Flusher {
  readonly #parts: FlusherParts;
  readonly #asked = new Set<string>();
  readonly #last = new Map<string, number>();
  #walking = false;

  constructor(parts: FlusherParts) {
    this.#parts = parts;
  }

  /** A peer's wish: done in the background, or left out when it was done just now. */
  hint(names: readonly string[]): void {
    const now = this.#parts.clock.monotonic();
    for (const name of names) {
      if (this.#asked.size < mostWaiting && now - (this.#last.get(name) ?? Number.NEGATIVE_INFINITY) >= quietMs) {
        this.#asked.add(name);
      }
    }
    if (!this.#walking && this.#asked.size > 0) void this.#walkAll();
  }

  /** An administrator's: resolves to how many messages became due, undefined when the queue did not answer. */
  async flush(names: readonly string[]): Promise<number | undefined> {
    const count = await this.#walk(names);
    if (this.#parts.isBusy()) this.#parts.clock.after(secondLookMs, () => void this.#walk(names));
    return count;
  }

  async #walkAll(): Promise<void> {
    this.#walking = true;
    while (this.#asked.size > 0) {
      const names = [...this.#asked];
      this.#asked.clear();
      const now = this.#parts.clock.monotonic();
      if (this.#last.size > mostWaiting) this.#last.clear();
      for (const name of names) this.#last.set(name, now);
      await this.flush(names);
    }
    this.#walking = false;
  }

  async #walk(names: readonly string[]): Promise<number | undefined> {
    const { peers, due } = this.#parts;
    let count = 0;
    for (let at: WaitingAt | undefined = { after: 0, from: 0 }; at !== undefined; ) {
      const page: WaitingPage | Unanswered = await peers.queue.ask('waiting', { names, at });
      if (isUnanswered(page)) return undefined;
      count += await this.#makeDue(page.ids);
      if (page.ids.length > 0) due();
      at = page.next;
      // Other work of this thread has its turn between two pages.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return count;
  }

  async #makeDue(ids: readonly MessageId[]): Promise<number> {
    const { peers, clock } = this.#parts;
    const now = secondsOf(clock);
    const kept = await Promise.all(ids.map((id) => peers.queue.ask('reschedule', { id, channel: 'remote', due: now })));
    return kept.filter((answer) => answer === true).length;
  }
}
