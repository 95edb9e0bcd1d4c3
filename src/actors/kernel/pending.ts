/**
 * Asks that wait for their answer: each is settled exactly once, by the answer, by its deadline
 * or by the end of the link. Bounded; knows nothing of threads.
 */
import type { Unanswered } from './actor.js';
import { NumberMap } from './number-map.js';

type Resolve = (value: unknown) => void;
interface Waiting {
  readonly resolve: Resolve;
  readonly expires: number;
}

export const unanswered = (why: Unanswered['why']): Unanswered => ({ tag: 'unanswered', why });

export class PendingAsks {
  readonly #capacity: number;
  readonly #waiting = new NumberMap<Waiting>();
  #last = 0;
  /** Nothing expires before. */
  #earliest = Number.POSITIVE_INFINITY;

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
    if (expires < this.#earliest) this.#earliest = expires;
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

  /** Settles what is over its deadline, the oldest first. */
  expire(now: number): void {
    if (this.#earliest > now) return;
    const late: number[] = [];
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const [ask, { expires }] of this.#waiting.entries()) {
      if (expires <= now) late.push(ask);
      else if (expires < this.#earliest) this.#earliest = expires;
    }
    this.#settleThose(late, 'deadline');
  }

  settleAll(why: Unanswered['why']): void {
    this.#settleThose(
      [...this.#waiting.entries()].map(([ask]) => ask),
      why,
    );
  }

  #settleThose(asks: number[], why: Unanswered['why']): void {
    for (const ask of asks.sort((one, other) => one - other)) this.settle(ask, unanswered(why));
  }
}
