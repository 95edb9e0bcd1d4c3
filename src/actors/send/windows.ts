/**
 * How many recipients of a pass are read from the store at once: more where those of one host share a transaction, since
 * the list has them in any order; of a few passes at a time, which bounds the memory.
 */
import type { Pass } from './job.js';

/** Recipients read at once; a block of the store. */
export const windowSize = 1_000;
/** The same where recipients are grouped. */
const wideSize = 20_000;
/** Passes that may have so many in memory. */
const mostWide = 4;

export class Windows {
  readonly #wide = new Set<Pass>();

  /** `grouped`: recipients of one host share a transaction. */
  size(pass: Pass, grouped: boolean): number {
    if (!grouped || pass.job.head.recipientCount <= windowSize) return windowSize;
    if (!this.#wide.has(pass) && this.#wide.size >= mostWide) return windowSize;
    this.#wide.add(pass);
    return wideSize;
  }

  over(pass: Pass): void {
    this.#wide.delete(pass);
  }
}
