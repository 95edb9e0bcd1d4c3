/**
 * Memory for bodies that are being received: buffers that are used again and again, and a bound on all bodies of the
 * thread together. Only a few idle buffers are kept, and none that had to grow.
 */

/** Room for a usual message with its Received lines, octets. */
export const usualBody = 16_384;
const mostIdle = 256;
/** Octets that all bodies of one thread may hold in memory, those that wait for the queue's answer included. */
export const bodyMemory = 128 * 1024 * 1024;

export class BodyBuffers {
  readonly #idle: Buffer[] = [];
  readonly #most: number;
  #held = 0;

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

  /** Half of the memory is taken: bodies that need more room go to files. */
  get tight(): boolean {
    return this.#held >= this.#most / 2;
  }

  /** No new body may begin. */
  get full(): boolean {
    return this.#held >= this.#most;
  }

  take(): Buffer {
    this.#held += usualBody;
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(usualBody);
  }

  /** Counts memory that the caller made itself; every octet is dropped or given back once. */
  hold(octets: number): void {
    this.#held += octets;
  }

  drop(octets: number): void {
    this.#held -= octets;
  }

  /** The buffer must not be read or written by its taker any more. */
  give(buffer: Buffer): void {
    this.#held -= buffer.length;
    if (buffer.length === usualBody && this.#idle.length < mostIdle) this.#idle.push(buffer);
  }
}
