/**
 * Delays in bounded memory: how many were done by when (a histogram whose steps grow by a twentieth), and the longest.
 */
import type { Delivery } from './matchup.js';

const step = Math.log(1.05);
const smallest = 0.001;

export class Distribution {
  readonly #counts: number[] = [];
  readonly #sums: number[] = [];
  #total = 0;

  add(seconds: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(Math.max(seconds, smallest) / smallest) / step));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sums[bucket] = (this.#sums[bucket] ?? 0) + seconds;
    this.#total += 1;
  }

  get total(): number {
    return this.#total;
  }

  /** By when `percent` of all were done, at most a twentieth too high, and their average; undefined when there are none. */
  doneBy(percent: number): { readonly seconds: number; readonly average: number } | undefined {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#total));
    let count = 0;
    let sum = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      count += this.#counts[bucket] ?? 0;
      sum += this.#sums[bucket] ?? 0;
      if (count >= wanted) return { seconds: smallest * Math.exp(bucket * step), average: sum / count };
    }
    return undefined;
  }
}

export interface Slow {
  readonly seconds: number;
  readonly delivery: Delivery;
}

/** Keeps the `most` slowest. */
export class Slowest {
  readonly #most: number;
  #kept: Slow[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(seconds: number, delivery: Delivery): void {
    const last = this.#kept[this.#most - 1];
    if (last !== undefined && last.seconds >= seconds) return;
    const at = this.#kept.findIndex((one) => one.seconds < seconds);
    this.#kept.splice(at < 0 ? this.#kept.length : at, 0, { seconds, delivery });
    this.#kept.length = Math.min(this.#kept.length, this.#most);
  }

  get list(): readonly Slow[] {
    return this.#kept;
  }
}
