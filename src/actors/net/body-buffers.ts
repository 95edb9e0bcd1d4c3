/**
 * Buffers for bodies that are being received, used again and again: a fresh large one costs more than a copy
 * of its content. A few sizes; bounded: only some idle ones of each are kept, and all bodies of the thread
 * together have so much memory and no more.
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

/** Octets that all bodies of one thread may hold in memory, those that wait for the queue's answer included. */
const bodyMemory = 128 * 1024 * 1024;

export class BodyBuffers {
  readonly #most: number;
  #held = 0;
  /** The smallest has room for a usual message with its Received lines; 16 MiB when all are full. */
  readonly #shelves: readonly Shelf[] = [
    { size: 16_384, mostIdle: 256, idle: [] },
    { size: 65_536, mostIdle: 64, idle: [] },
    { size: largestBuffer, mostIdle: 32, idle: [] },
  ];

  /** True when a body is read after its buffer was given back, so that it must be copied out (queue in the same thread). */
  readonly copies: boolean;

  constructor(copies: boolean, most = bodyMemory) {
    this.copies = copies;
    this.#most = most;
  }

  /** Octets that bodies hold now. */
  get held(): number {
    return this.#held;
  }

  /** Half of the memory is taken: a body that needs more room goes to its file, in small blocks. */
  get tight(): boolean {
    return this.#held >= this.#most / 2;
  }

  /** No new body may begin. */
  get full(): boolean {
    return this.#held >= this.#most;
  }

  /** A buffer with room for so many octets, as far as there are such; its content is anything. */
  take(octets: number): Buffer {
    for (const { size, idle } of this.#shelves) {
      if (octets > size && size !== largestBuffer) continue;
      this.#held += size;
      return idle.pop() ?? Buffer.allocUnsafeSlow(size);
    }
    throw new RangeError('no sizes of buffers');
  }

  /** The buffer is left to whoever reads it still: it no longer counts and is not used again. */
  abandon(buffer: Buffer): void {
    this.#held -= buffer.length;
  }

  /** The buffer must not be read or written by its taker any more. */
  give(buffer: Buffer): void {
    this.#held -= buffer.length;
    const shelf = this.#shelves.find(({ size }) => size === buffer.length);
    if (shelf !== undefined && shelf.idle.length < shelf.mostIdle) shelf.idle.push(buffer);
  }
}
