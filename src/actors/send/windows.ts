/**
 * How many recipients of a pass are read from the store at once: more where those of one host share a transaction, since
 * the list has them in any order; of a few passes at a time, which bounds the memory.
 */
import type { Pass } from './job.js';

/** Recipients asked for at once; a block of the store. */
export const lotSize = 1_000;
/** Lots of a pass that are in memory together where recipients are grouped. */
const wideLots = 20;
/** Passes that may have so many. */
const mostWide = 4;

export class Windows {
  readonly #wide = new Set<Pass>();

  /** Lots to read next. `grouped`: recipients of one host share a transaction. */
  lots(pass: Pass, grouped: boolean): number {
    if (!grouped || pass.job.head.recipientCount <= lotSize) return 1;
    if (!this.#wide.has(pass) && this.#wide.size >= mostWide) return 1;
    this.#wide.add(pass);
    return wideLots;
  }

  over(pass: Pass): void {
    this.#wide.delete(pass);
  }
}
