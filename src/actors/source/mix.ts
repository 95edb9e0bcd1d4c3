/**
 * Weighted choices that depend on the message's number alone, so that a run can be repeated and its threads agree.
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
    let left = scattered(sequence ^ this.#salt) * this.#sum;
    for (const { value, weight } of this.#values) {
      left -= weight;
      if (left < 0) return value;
    }
    const last = this.#values.at(-1);
    if (last === undefined) throw new Error('a mix of nothing');
    return last.value;
  }
}

/** 0 ≤ result < 1, evenly spread over successive numbers (the finalizer of MurmurHash3). */
function scattered(number: number): number {
  let mixed = number | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}
