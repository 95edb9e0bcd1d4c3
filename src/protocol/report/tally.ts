/**
 * Sums by name (a host, a sender, a reason) in bounded memory: when there are too many names, the smaller half is put
 * together. What is shown are the largest, so a name that mattered stays.
 */

export interface Sums {
  messages: number;
  attempts: number;
  success: number;
  failure: number;
  deferral: number;
  /** Recipients of ended messages. */
  recipients: number;
  /** Octets: of messages, once for each recipient, and of what arrived. */
  bytes: number;
  recipientBytes: number;
  arrivedBytes: number;
  /** Seconds of all attempts together. */
  xdelay: number;
}

export const others = '(others)';
const mostNames = 50_000;

const zero = (): Sums => ({
  messages: 0,
  attempts: 0,
  success: 0,
  failure: 0,
  deferral: 0,
  recipients: 0,
  bytes: 0,
  recipientBytes: 0,
  arrivedBytes: 0,
  xdelay: 0,
});

export type Weight = (sums: Sums) => number;

export class Tally {
  readonly #names = new Map<string, Sums>();
  readonly #weight: Weight;
  readonly #most: number;

  /** `weight`: by which names are large or small. */
  constructor(weight: Weight, most = mostNames) {
    this.#weight = weight;
    this.#most = most;
  }

  /** The sums of a name, to add to at once: they move when there are too many names. */
  of(name: string): Sums {
    let sums = this.#names.get(name);
    if (sums === undefined) {
      if (this.#names.size >= this.#most) this.#shrink();
      // A log may hold the name of the rest as a name of its own.
      sums = this.#names.get(name) ?? zero();
      this.#names.set(name, sums);
    }
    return sums;
  }

  #shrink(): void {
    const weights = Float64Array.from(this.#names.values(), this.#weight).sort();
    const middle = weights[weights.length >> 1] ?? 0;
    const rest = this.#names.get(others) ?? zero();
    let left = Math.ceil(this.#names.size / 2);
    for (const [name, sums] of this.#names) {
      if (left === 0) break;
      if (name === others || this.#weight(sums) > middle) continue;
      addTo(rest, sums);
      this.#names.delete(name);
      left -= 1;
    }
    this.#names.set(others, rest);
  }

  /** The `count` largest, by another weight if one is given, largest first; those of one weight by name. */
  largest(count: number, weight: Weight = this.#weight): readonly (readonly [string, Readonly<Sums>])[] {
    return [...this.#names].sort(([nameA, a], [nameB, b]) => weight(b) - weight(a) || (nameA < nameB ? -1 : 1)).slice(0, count);
  }

  /** Different names so far, those put together counted as one. */
  get size(): number {
    return this.#names.size;
  }
}

function addTo(sums: Sums, more: Readonly<Sums>): void {
  for (const name of Object.keys(more) as (keyof Sums)[]) sums[name] += more[name];
}
