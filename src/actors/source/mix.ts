/**
 * Weighted choices that depend on the message's number alone, so that a run can be repeated and its threads agree: scattered
 * as if drawn, but each 256 in a row have their shares to within a message or two, so that short runs are what was asked for.
 * Arithmetic only.
 */

export interface Weighted<Value> {
  readonly value: Value;
  /** Greater than 0; shares are of the sum. */
  readonly weight: number;
}

export class Mix<Value> {
  readonly #values: readonly Weighted<Value>[];
  readonly #sum: number;
  readonly #salt: number;

  /** @param salt two mixes with different salts choose independently */
  constructor(values: readonly Weighted<Value>[], salt: number) {
    this.#values = values;
    this.#sum = values.reduce((sum, { weight }) => sum + weight, 0);
    this.#salt = salt;
  }

  choose(sequence: number): Value {
    const last = this.#values.at(-1);
    if (last === undefined) throw new Error('a mix of nothing');
    if (this.#values.length === 1) return last.value;
    let left = scattered(sequence, this.#salt) * this.#sum;
    for (const { value, weight } of this.#values) {
      left -= weight;
      if (left < 0) return value;
    }
    return last.value;
  }
}

/** Successive numbers that are spread evenly among themselves. */
const block = 256;

/**
 * 0 ≤ result < 1. Each block of 256 successive numbers has one result in each 256th of that span, in an order of its own:
 * dealt out like cards, shuffled anew for each block.
 */
function scattered(number: number, salt: number): number {
  const drawn = hashed(number ^ salt) / 2 ** 32;
  return (card(number % block, hashed(Math.floor(number / block) + salt)) + drawn) / block;
}

/** Which of the 256 cards lies at a place: a Feistel network of four rounds, which gives each place another one. */
function card(place: number, shuffle: number): number {
  let left = place >>> 4;
  let right = place & 15;
  for (let round = 0; round < 4; round++) {
    const before = left;
    left = right;
    right = before ^ (hashed(shuffle + round * 16 + right) & 15);
  }
  return left * 16 + right;
}

/** 32 bits from 32 (the finalizer of MurmurHash3). */
function hashed(number: number): number {
  let mixed = number | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
