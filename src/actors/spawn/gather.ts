/**
 * Writes of one tick go to a stream together, as one buffer: a system call a tick instead of one a frame. What is given is
 * copied, so its memory may be used again at once. Keeps their order; nothing else may write to such a stream in between.
 */
import { Buffer } from 'node:buffer';
import type { Writable } from 'node:stream';

/** Octets from which on a write goes by itself and is not copied. */
const large = 65_536;

class Gathered {
  readonly #stream: Writable;
  #bytes: Buffer | undefined;
  #used = 0;
  /** About as much as the last tick had. */
  #expected = 4096;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length >= large) {
      this.#flush();
      this.#write(bytes);
      return;
    }
    if (this.#used === 0) setImmediate(() => this.#flush());
    const end = this.#used + bytes.length;
    if (this.#bytes === undefined || end > this.#bytes.length) this.#grow(end);
    this.#bytes?.set(bytes, this.#used);
    this.#used = end;
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.#bytes === undefined ? this.#expected : this.#bytes.length * 2));
    if (this.#bytes !== undefined) larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
  }

  #flush(): void {
    if (this.#bytes === undefined || this.#used === 0) return;
    const bytes = this.#bytes.subarray(0, this.#used);
    this.#expected = Math.min(Math.max(4096, this.#used), 1 << 20);
    this.#bytes = undefined;
    this.#used = 0;
    this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    if (this.#stream.writable) this.#stream.write(bytes);
  }
}

const all = new WeakMap<Writable, Gathered>();

export function gatherWrite(stream: Writable, bytes: Uint8Array): void {
  let gathered = all.get(stream);
  if (gathered === undefined) {
    gathered = new Gathered(stream);
    all.set(stream, gathered);
  }
  gathered.add(bytes);
}
