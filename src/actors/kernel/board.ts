/**
 * A few numbers that every thread of the node reads without asking: shared memory, no messages. What is
 * on it is advice (refuse new mail early); nothing that may be lost depends on it.
 */

const slots = { full: 0, draining: 1, paused: 2 } as const;
export type BoardEntry = keyof typeof slots;

export class Board {
  /** Travels to other threads as it is. */
  readonly shared: SharedArrayBuffer;
  readonly #values: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(64)) {
    this.shared = shared;
    this.#values = new Int32Array(shared);
  }

  get(entry: BoardEntry): boolean {
    return Atomics.load(this.#values, slots[entry]) !== 0;
  }

  set(entry: BoardEntry, on: boolean): void {
    Atomics.store(this.#values, slots[entry], on ? 1 : 0);
  }
}
