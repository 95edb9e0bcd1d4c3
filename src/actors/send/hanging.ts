/**
 * Counts the remote deliveries of messages for many that hang: they take several times as long as what is usual among
 * them. It knows numbers of deliveries and times; what follows from the count is for destinations.ts.
 */
import { NumberMap } from '../kernel/number-map.js';

interface AtWork {
  readonly delivery: number;
  /** When it began. */
  readonly at: number;
  hangs: boolean;
}

/** A delivery hangs that takes so many times as long as usual … */
const longTimes = 4;
/** … and at least this long (milliseconds). */
const leastMs = 50;
/** What is long as long as nothing was delivered (milliseconds). */
const unknownMs = 250;
/** What one delivery counts in what is usual. */
const weight = 1 / 16;
/** Entries taken off the front before the list is made shorter. */
const mostTaken = 1_000;

export class Hanging {
  readonly #atWork = new NumberMap<AtWork>();
  /** Those that did not hang when they began, the oldest first; also some that are over. */
  readonly #young: AtWork[] = [];
  #taken = 0;
  #count = 0;
  #usualMs: number | undefined;

  /** From how many milliseconds on a delivery hangs. */
  get longMs(): number {
    return this.#usualMs === undefined ? unknownMs : Math.max(leastMs, longTimes * this.#usualMs);
  }

  /** `now`: milliseconds, never less than the last time's. `slow`: its host is known to take long. */
  begun(delivery: number, now: number, slow: boolean): void {
    const one = { delivery, at: now, hangs: slow };
    this.#atWork.set(delivery, one);
    if (slow) this.#count += 1;
    else this.#young.push(one);
  }

  ended(delivery: number, now: number, delivered: boolean): void {
    const one = this.#atWork.get(delivery);
    if (one === undefined) return;
    this.#atWork.delete(delivery);
    if (one.hangs) this.#count -= 1;
    // Bounded, so that a few that took minutes do not make minutes usual; many of them do.
    const took = Math.min(now - one.at, this.longMs);
    if (delivered) this.#usualMs = this.#usualMs === undefined ? took : this.#usualMs + (took - this.#usualMs) * weight;
  }

  count(now: number): number {
    const { longMs } = this;
    for (let one = this.#young[this.#taken]; one !== undefined && now - one.at >= longMs; one = this.#young[this.#taken]) {
      this.#taken += 1;
      if (this.#atWork.get(one.delivery) !== one) continue;
      one.hangs = true;
      this.#count += 1;
    }
    if (this.#taken >= mostTaken) {
      this.#young.splice(0, this.#taken);
      this.#taken = 0;
    }
    return this.#count;
  }
}
