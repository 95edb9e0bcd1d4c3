/**
 * Asks that wait for their answer: each is settled exactly once, by the answer, by its deadline
 * or by the end of the link. Bounded; knows nothing of threads.
 */
import type { Unanswered } from './actor.js';

type Resolve = (value: unknown) => void;
interface Waiting {
  readonly resolve: Resolve;
  readonly expires: number;
}

export const unanswered = (why: Unanswered['why']): Unanswered => ({ tag: 'unanswered', why });

export class PendingAsks {
  readonly #capacity: number;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** A new ask's number, or 0 when as many wait as may. */
  add(expires: number, resolve: Resolve): number {
    if (this.#waiting.size >= this.#capacity) return 0;
    this.#last += 1;
    this.#waiting.set(this.#last, { resolve, expires });
    return this.#last;
  }

  /** False when the ask was settled before: a late answer is thrown away. */
  settle(ask: number, value: unknown): boolean {
    const waiting = this.#waiting.get(ask);
    if (waiting === undefined) return false;
    this.#waiting.delete(ask);
    waiting.resolve(value);
    return true;
  }

  /** Settles what is over its deadline. All asks of one edge share one deadline, so the oldest come first. */
  expire(now: number): void {
    for (const [ask, waiting] of this.#waiting) {
      if (waiting.expires > now) break;
      this.settle(ask, unanswered('deadline'));
    }
  }

  settleAll(why: Unanswered['why']): void {
    for (const ask of [...this.#waiting.keys()]) this.settle(ask, unanswered(why));
  }
}
