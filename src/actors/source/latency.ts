/**
 * Latencies in bounded memory: a histogram whose buckets grow by 1 %, so that a percentile is at most 1 % off.
 * Arithmetic only.
 */

const growth = Math.log(1.01);
/** Covers 1 µs to over an hour. */
const buckets = 2_300;

/** Milliseconds. */
export interface LatencyFigures {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export class LatencyHistogram {
  readonly #counts = new Uint32Array(buckets);
  #total = 0;
  #max = 0;

  /** Takes one latency in microseconds. */
  add(us: number): void {
    const bucket = us <= 1 ? 0 : Math.min(buckets - 1, Math.floor(Math.log(us) / growth));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
    this.#max = Math.max(this.#max, us);
  }

  /** Undefined when nothing was added. */
  figures(): LatencyFigures | undefined {
    if (this.#total === 0) return undefined;
    return { p50: this.#percentile(50), p90: this.#percentile(90), p99: this.#percentile(99), max: milliseconds(this.#max) };
  }

  #percentile(percent: number): number {
    let left = Math.ceil((percent / 100) * this.#total);
    for (let bucket = 0; bucket < buckets; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      // The bucket's upper edge, but no more than was ever seen.
      if (left <= 0) return milliseconds(Math.min(Math.exp((bucket + 1) * growth), this.#max));
    }
    return milliseconds(this.#max);
  }
}

function milliseconds(us: number): number {
  return Math.round(us) / 1000;
}
