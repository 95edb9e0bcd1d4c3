/**
 * Things in the order they were added, each of which may be taken out wherever it is: chained to one another, because a
 * Set that is changed all the time makes table after table, and the collector keeps what stood in them for long.
 */

/** In one chain at most. The members are the chain's own. */
export interface Chained<T> {
  older: T | undefined;
  newer: T | undefined;
}

export class Chain<T extends Chained<T>> {
  size = 0;
  oldest: T | undefined;
  #newest: T | undefined;

  /** `one` must not be in a chain. */
  append(one: T): void {
    one.older = this.#newest;
    if (this.#newest === undefined) this.oldest = one;
    else this.#newest.newer = one;
    this.#newest = one;
    this.size += 1;
  }

  /** `one` must be in this chain. */
  remove(one: T): void {
    const { older, newer } = one;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    one.older = undefined;
    one.newer = undefined;
    this.size -= 1;
  }

  /** Makes it the newest. */
  renew(one: T): void {
    if (one === this.#newest) return;
    this.remove(one);
    this.append(one);
  }

  /** From the oldest on; the one that was given last may be taken out meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let one = this.oldest; one !== undefined; ) {
      const next: T | undefined = one.newer;
      yield one;
      one = next;
    }
  }
}
