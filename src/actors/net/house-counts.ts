/**
 * Connections of all front threads together, in memory that they share: how many each listener holds and keeps waiting,
 * and about how many each address has. Counters only; who comes in is decided by admission.ts.
 *
 * Each thread writes a part of its own and reads all, so that a thread that died is forgotten when its successor clears
 * that part. Addresses are counted in two rows of cells by two hashes, the smaller cell counts: two addresses that share
 * one cell hardly ever share both, and an address is never counted too low.
 */

/** Cells of one row of one thread. */
const cells = 8_192;
const rows = 2;
/** Most listeners that are told apart; further ones share the last place. */
const listeners = 64;
const states = 2;
const perThread = listeners * states + rows * cells;

const held = 0;
const waiting = 1;

/** Octets of the memory for so many threads. */
export function houseMemory(threads: number): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(4 * (1 + perThread * Math.max(1, threads)));
  // Nobody outside knows which addresses share a cell.
  new Int32Array(shared)[0] = Math.floor(Math.random() * 0x7fffffff);
  return shared;
}

function hash(text: string, seed: number): number {
  let value = seed ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/** One listener as one thread sees it. */
export class HouseCounts {
  readonly #all: Int32Array;
  readonly #listener: number;
  readonly #own: number;
  readonly #threads: number;

  /** `thread` is the number of this one among those that share the memory. */
  constructor(shared: SharedArrayBuffer, thread: number, listener: number) {
    this.#all = new Int32Array(shared);
    this.#threads = Math.floor((this.#all.length - 1) / perThread);
    this.#own = 1 + perThread * thread;
    this.#listener = Math.min(listener, listeners - 1);
  }

  /** Forgets what an earlier thread of this number held. */
  static clear(shared: SharedArrayBuffer, thread: number): void {
    const from = 1 + perThread * thread;
    new Int32Array(shared).fill(0, from, from + perThread);
  }

  #sum(place: number): number {
    let sum = 0;
    for (let thread = 0; thread < this.#threads; thread += 1) sum += Atomics.load(this.#all, 1 + perThread * thread + place);
    return sum;
  }

  #place(state: number): number {
    return this.#listener * states + state;
  }

  get held(): number {
    return this.#sum(this.#place(held));
  }

  get waiting(): number {
    return this.#sum(this.#place(waiting));
  }

  /** Takes a place when fewer than `most` are taken. Two threads that ask at once may both be refused, never both let in. */
  enter(most: number): boolean {
    const own = this.#own + this.#place(held);
    Atomics.add(this.#all, own, 1);
    if (this.held <= most) return true;
    Atomics.sub(this.#all, own, 1);
    return false;
  }

  leave(): void {
    Atomics.sub(this.#all, this.#own + this.#place(held), 1);
  }

  wait(change: 1 | -1): void {
    Atomics.add(this.#all, this.#own + this.#place(waiting), change);
  }

  #cells(address: string): readonly [number, number] {
    const text = `${this.#listener} ${address}`;
    const seed = this.#all[0] as number;
    const first = listeners * states + (hash(text, seed) % cells);
    return [first, listeners * states + cells + (hash(text, ~seed) % cells)];
  }

  ofAddress(address: string): number {
    const [first, second] = this.#cells(address);
    return Math.min(this.#sum(first), this.#sum(second));
  }

  countAddress(address: string, change: 1 | -1): void {
    for (const cell of this.#cells(address)) Atomics.add(this.#all, this.#own + cell, change);
  }
}
