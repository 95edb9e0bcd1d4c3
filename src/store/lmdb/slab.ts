/**
 * Memory for records on their way to the disk: large pieces cut into records and used again
 * once every record in them is settled. An allocation for each 4 KiB record would cost more than its copy.
 */

const slabSize = 1_048_576;
/** Records above this get memory of their own. */
const largest = slabSize / 4;
/** Free slabs kept for later. */
const keptFree = 4;

interface Slab {
  readonly memory: Buffer;
  used: number;
  records: number;
}

/** A record's memory; `slab` is undefined when it is not shared. */
export interface Piece {
  readonly bytes: Buffer;
  readonly slab: object | undefined;
}

export class Slabs {
  #current = newSlab();
  readonly #free: Slab[] = [];

  take(size: number): Piece {
    if (size > largest) return { bytes: Buffer.allocUnsafeSlow(size), slab: undefined };
    if (this.#current.used + size > slabSize) this.#current = this.#free.pop() ?? newSlab();
    const slab = this.#current;
    const bytes = slab.memory.subarray(slab.used, slab.used + size);
    // The native side reads whole words: every record starts at one.
    slab.used += (size + 7) & ~7;
    slab.records++;
    return { bytes, slab };
  }

  /** Gives a piece back; it must not be read or written afterwards. */
  release(piece: Piece): void {
    const slab = piece.slab as Slab | undefined;
    if (slab === undefined || --slab.records > 0) return;
    slab.used = 0;
    if (slab !== this.#current && this.#free.length < keptFree) this.#free.push(slab);
  }
}

function newSlab(): Slab {
  return { memory: Buffer.allocUnsafeSlow(slabSize), used: 0, records: 0 };
}
