/**
 * What was accepted and what arrived where, and the verdict over it, as a whole and for each round. Counts; sends and
 * kills nothing.
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
  /** Second arrivals at the next hop without a fault between them and the first. */
  readonly unexplained: number;
  /** Arrivals that are no message of ours, or not with the bytes that were sent. */
  readonly altered: number;
}

/** What became of the messages that were accepted in one round, and what the fault doubled that ended it. */
export interface Round {
  accepted: number;
  lost: number;
  twiceLocal: number;
  /** Second arrivals at the next hop of what had arrived for the first time before the fault was over. */
  twiceRemote: number;
}

/** Milliseconds of performance.now(). */
interface Fault {
  readonly from: number;
  over: number;
  /** Later, when what it hit may end a moment after it was told to. */
  until: number;
}

export class Book {
  /** The round of each accepted message. */
  readonly #accepted = new Map<number, number>();
  readonly #remote = new Map<number, number[]>();
  readonly #local = new Map<number, number>();
  readonly #faults: Fault[] = [];
  #altered = 0;

  accept(n: number): void {
    this.#accepted.set(n, this.#faults.length);
  }

  /** A fault begins: what is accepted from now on belongs to the next round. */
  faultBegins(): void {
    this.#faults.push({ from: performance.now(), over: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY });
  }

  /** `slackMs`: for a thread or process that ends a moment after it was ordered to. */
  faultIsOver(slackMs = 0): void {
    const last = this.#faults.at(-1);
    if (last === undefined) return;
    last.over = performance.now();
    last.until = last.over + slackMs;
  }

  arriveRemote(n: number | undefined): void {
    if (n === undefined) {
      this.#altered += 1;
      return;
    }
    const times = this.#remote.get(n);
    if (times === undefined) this.#remote.set(n, [performance.now()]);
    else times.push(performance.now());
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
    let more = 0;
    for (const { length } of this.#remote.values()) more += length - 1;
    return more;
  }

  /** One for each fault, and one for the time after the last. */
  rounds(): Round[] {
    const rounds = Array.from({ length: this.#faults.length + 1 }, () => ({
      accepted: 0,
      lost: 0,
      twiceLocal: 0,
      twiceRemote: 0,
    }));
    for (const [n, at] of this.#accepted) {
      const round = rounds[at] as Round;
      round.accepted += 1;
      round.lost += (this.#remote.has(n) ? 0 : 1) + (this.#local.has(n) ? 0 : 1);
      round.twiceLocal += (this.#local.get(n) ?? 1) - 1;
    }
    for (const at of this.#doubledBy()) if (at >= 0) (rounds[at] as Round).twiceRemote += 1;
    return rounds;
  }

  verdict(): Verdict {
    let lost = 0;
    for (const round of this.rounds()) lost += round.lost;
    let twiceLocal = 0;
    for (const count of this.#local.values()) twiceLocal += count - 1;
    return {
      accepted: this.#accepted.size,
      deliveredLocal: this.#local.size,
      deliveredRemote: this.#remote.size,
      lost,
      twiceLocal,
      twiceRemote: this.twiceRemote,
      unexplained: this.#doubledBy().filter((at) => at < 0).length,
      altered: this.#altered,
    };
  }

  /** The fault that came first between each second arrival and the one before it, -1 for none. */
  #doubledBy(): number[] {
    const faults: number[] = [];
    for (const times of this.#remote.values()) {
      times.slice(1).forEach((second, at) => {
        const first = times[at] ?? second;
        const between = this.#faults.findIndex(({ from, over }) => from <= second && first <= over);
        faults.push(between >= 0 ? between : this.#faults.findLastIndex(({ from, until }) => from <= second && first <= until));
      });
    }
    return faults;
  }
}
