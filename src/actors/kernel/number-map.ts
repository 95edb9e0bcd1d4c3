/**
 * A map from numbers that come and go all the time: messages and asks under way. A Map makes a new table every few changes
 * and its old ones hold on to the new, so that the collector keeps what is long gone; this one stays in its place.
 * Open addressing; numbers in a row stand far apart, so that a place is given back without a look at many others. Not ordered.
 */

const initialSize = 64;
/** A table from this size on is given up when it is empty. */
const largeSize = 4_096;
/** Numbers looked for one by one before the whole table is. */
const mostSteps = 256;
/** 2^32 by the golden ratio, odd: multiples of it spread evenly, those of numbers in a row best of all (Knuth, TAOCP 3 §6.4). */
const spread = 0x9e3779b1;

const shiftFor = (length: number): number => 32 - Math.log2(length);

export class NumberMap<V> {
  size = 0;
  /** 0: free. The number of places is a power of two, at least twice that of the entries. */
  #keys = new Float64Array(initialSize);
  #values: (V | undefined)[] = new Array(initialSize).fill(undefined);
  #mask = initialSize - 1;
  /** The product's highest bits, as many as the table needs, say where a number belongs. */
  #shift = shiftFor(initialSize);
  /** No key is lower. */
  #least = 0;

  get(key: number): V | undefined {
    return this.#values[this.#place(key)];
  }

  /** `key`: a whole number from 1 to 2^53 - 1. */
  set(key: number, value: V): void {
    let at = this.#place(key);
    if (this.#keys[at] !== key) {
      if (this.size === 0 || key < this.#least) this.#least = key;
      if ((this.size + 1) * 2 > this.#keys.length) {
        this.#resize(this.#keys.length * 2);
        at = this.#place(key);
      }
      this.#keys[at] = key;
      this.size += 1;
    }
    this.#values[at] = value;
  }

  /** False: there was none. */
  delete(key: number): boolean {
    const at = this.#place(key);
    if (this.#keys[at] !== key) return false;
    this.#close(at);
    this.size -= 1;
    if (this.size === 0 && this.#keys.length >= largeSize) this.#resize(initialSize);
    return true;
  }

  /** Undefined: there are none. Quick where numbers come in a row and those that came first go first. */
  lowest(): number | undefined {
    if (this.size === 0) return undefined;
    for (let step = 0; step < mostSteps; step += 1) {
      if (this.#keys[this.#place(this.#least)] === this.#least) return this.#least;
      this.#least += 1;
    }
    this.#least = this.#keys.reduce((least, key) => (key !== 0 && key < least ? key : least), Number.MAX_SAFE_INTEGER);
    return this.#least;
  }

  /** The map must not change meanwhile. */
  *entries(): IterableIterator<[number, V]> {
    const keys = this.#keys;
    for (let at = 0; at < keys.length; at += 1) if (keys[at] !== 0) yield [keys[at] as number, this.#values[at] as V];
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Where the key is, or would be. */
  #place(key: number): number {
    const keys = this.#keys;
    const mask = this.#mask;
    let at = Math.imul(key, spread) >>> this.#shift;
    while (keys[at] !== key && keys[at] !== 0) at = (at + 1) & mask;
    return at;
  }

  /** Frees a place; those behind it that stand there only because it was taken move up. */
  #close(at: number): void {
    const keys = this.#keys;
    const values = this.#values;
    const mask = this.#mask;
    let hole = at;
    for (let next = (at + 1) & mask; keys[next] !== 0; next = (next + 1) & mask) {
      const key = keys[next] as number;
      const home = Math.imul(key, spread) >>> this.#shift;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      keys[hole] = key;
      values[hole] = values[next];
      hole = next;
    }
    keys[hole] = 0;
    values[hole] = undefined;
  }

  #resize(length: number): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(length);
    this.#values = new Array(length).fill(undefined);
    this.#mask = length - 1;
    this.#shift = shiftFor(length);
    keys.forEach((key, at) => {
      if (key === 0) return;
      const place = this.#place(key);
      this.#keys[place] = key;
      this.#values[place] = values[at];
    });
  }
}
