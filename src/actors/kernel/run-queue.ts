/**
 * The messages of one thread that wait for their handler, in the order they came. What bounds it are
 * the capacities of the edges (topology.ts); this queue only keeps order and lets input and output
 * have their turn between long runs.
 */

/** Messages handled in one go before sockets get their turn. */
const longestRun = 1_000;

/** A microtask without the asynchronous context that `queueMicrotask` makes for each. */
const soon = Promise.resolve();

export class RunQueue<T> {
  readonly #handle: (item: T) => void;
  #items: (T | undefined)[] = [];
  #head = 0;
  #scheduled = false;

  constructor(handle: (item: T) => void) {
    this.#handle = handle;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    void soon.then(this.#go);
  }

  readonly #go = (): void => this.#run();

  #run(): void {
    let left = longestRun;
    while (this.#head < this.#items.length) {
      if (left-- === 0) {
        setImmediate(this.#go);
        return;
      }
      const item = this.#items[this.#head] as T;
      this.#items[this.#head] = undefined;
      this.#head += 1;
      this.#handle(item);
    }
    this.#items = [];
    this.#head = 0;
    this.#scheduled = false;
  }
}
