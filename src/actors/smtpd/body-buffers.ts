/**
 * Buffers for bodies that are being received, used again and again. Bounded: only a few idle ones are kept,
 * and none that had to grow.
 */

/** Room for a usual message with its Received lines, octets. */
const usualBody = 16_384;
const mostIdle = 256;

export class BodyBuffers {
  readonly #idle: Buffer[] = [];

  /** True when a body is read after its buffer was given back, so that it must be copied out (queue in the same thread). */
  readonly copies: boolean;

  constructor(copies: boolean) {
    this.copies = copies;
  }

  take(): Buffer {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(usualBody);
  }

  /** The buffer must not be read or written by its taker any more. */
  give(buffer: Buffer): void {
    if (buffer.length === usualBody && this.#idle.length < mostIdle) this.#idle.push(buffer);
  }
}
