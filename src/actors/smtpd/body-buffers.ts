/**
 * Buffers for bodies that are being received, used again and again: a fresh large one costs more than a copy
 * of its content. A few sizes; bounded: only some idle ones of each are kept.
 */
import { spillLimit } from '../../store/body-file.js';

interface Shelf {
  /** Octets of a buffer. */
  readonly size: number;
  readonly mostIdle: number;
  readonly idle: Buffer[];
}

/** Octets of the largest buffer: that of a body which just fits in memory, and what a body file is written in. */
export const largestBuffer = spillLimit;

export class BodyBuffers {
  /** The smallest has room for a usual message with its Received lines; 16 MiB when all are full. */
  readonly #shelves: readonly Shelf[] = [
    { size: 16_384, mostIdle: 256, idle: [] },
    { size: 65_536, mostIdle: 64, idle: [] },
    { size: largestBuffer, mostIdle: 32, idle: [] },
  ];

  /** True when a body is read after its buffer was given back, so that it must be copied out (queue in the same thread). */
  readonly copies: boolean;

  constructor(copies: boolean) {
    this.copies = copies;
  }

  /** A buffer with room for so many octets, as far as there are such; its content is anything. */
  take(octets: number): Buffer {
    for (const { size, idle } of this.#shelves) {
      if (octets <= size || size === largestBuffer) return idle.pop() ?? Buffer.allocUnsafeSlow(size);
    }
    throw new RangeError('no sizes of buffers');
  }

  /** The buffer must not be read or written by its taker any more. */
  give(buffer: Buffer): void {
    const shelf = this.#shelves.find(({ size }) => size === buffer.length);
    if (shelf !== undefined && shelf.idle.length < shelf.mostIdle) shelf.idle.push(buffer);
  }
}
