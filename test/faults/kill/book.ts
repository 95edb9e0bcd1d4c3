/**
 * What was accepted and what arrived where, and the verdict over it. Counts; sends and kills nothing.
 */

/** The verdict; pairs are of message and recipient. */
export interface Verdict {
  readonly accepted: number;
  readonly deliveredLocal: number;
  readonly deliveredRemote: number;
  /** Accepted pairs that arrived nowhere. */
  readonly lost: number;
  readonly twiceLocal: number;
  readonly twiceRemote: number;
  /** Arrivals that are no message of ours, or not with the bytes that were sent. */
  readonly altered: number;
}

export class Book {
  readonly #accepted = new Set<number>();
  readonly #remote = new Map<number, number>();
  readonly #local = new Map<number, number>();
  #altered = 0;

  accept(n: number): void {
    this.#accepted.add(n);
  }

  arriveRemote(n: number | undefined): void {
    if (n === undefined) this.#altered += 1;
    else this.#remote.set(n, (this.#remote.get(n) ?? 0) + 1);
  }

  arriveLocal(n: number | undefined): void {
    if (n === undefined) this.#altered += 1;
    else this.#local.set(n, (this.#local.get(n) ?? 0) + 1);
  }

  get accepted(): number {
    return this.#accepted.size;
  }

  /** Accepted messages that have not reached the next hop yet. */
  get behind(): number {
    return Math.max(0, this.#accepted.size - this.#remote.size);
  }

  get twiceRemote(): number {
    return surplus(this.#remote);
  }

  verdict(): Verdict {
    let lost = 0;
    for (const n of this.#accepted) {
      if (!this.#remote.has(n)) lost += 1;
      if (!this.#local.has(n)) lost += 1;
    }
    return {
      accepted: this.#accepted.size,
      deliveredLocal: this.#local.size,
      deliveredRemote: this.#remote.size,
      lost,
      twiceLocal: surplus(this.#local),
      twiceRemote: surplus(this.#remote),
      altered: this.#altered,
    };
  }
}

function surplus(arrivals: ReadonlyMap<number, number>): number {
  let more = 0;
  for (const count of arrivals.values()) more += count - 1;
  return more;
}
