/**
 * The body of one message while it arrives: in memory up to the spill limit, then in a body file, so that a
 * session holds a few hundred KiB however large its message is. Pieces are copied at once.
 */
import { type BodyFile, createBodyFile, spillLimit } from '../../store/body-file.js';
import type { BodyBuffers } from './body-buffers.js';

export interface CollectedBody {
  readonly bytes?: Uint8Array;
  readonly file?: string;
  readonly size: number;
}

export class BodyCollector {
  readonly #queueDir: string;
  readonly #buffers: BodyBuffers;
  #buffer: Buffer;
  #used: number;
  #file: Promise<BodyFile> | undefined;
  #written: Promise<void> = Promise.resolve();
  /** Octets on their way into the file. */
  #ahead = 0;
  #failed = false;

  /** `front` stands before the body (the Received lines), one octet a unit. */
  constructor(queueDir: string, buffers: BodyBuffers, front: string) {
    this.#queueDir = queueDir;
    this.#buffers = buffers;
    this.#buffer = buffers.take();
    this.#used = 0;
    this.#room(front.length);
    this.#used = this.#buffer.write(front, 0, 'latin1');
  }

  /** A promise means: take no more bytes from the client before it is settled. It never rejects. */
  add(piece: Uint8Array): Promise<void> | undefined {
    if (this.#file !== undefined) return this.#append(Buffer.from(piece), piece.length);
    const needed = this.#used + piece.length;
    const grows = needed > this.#buffer.length;
    this.#room(needed);
    this.#buffer.set(piece, this.#used);
    this.#used = needed;
    return needed > spillLimit || (grows && this.#buffers.tight) ? this.#begin() : undefined;
  }

  #room(needed: number): void {
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(this.#buffer.length * 2, spillLimit + 65_536)));
    this.#buffers.hold(larger.length);
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffers.give(this.#buffer);
    this.#buffer = larger;
  }

  #begin(): Promise<void> {
    this.#file = createBodyFile(this.#queueDir);
    const first = this.#buffer;
    this.#buffer = Buffer.alloc(0);
    this.#ahead = first.length;
    return this.#append(first.subarray(0, this.#used), 0);
  }

  /** `more`: octets of memory that come with the piece. */
  #append(piece: Buffer, more: number): Promise<void> {
    this.#buffers.hold(more);
    this.#ahead += more;
    this.#written = this.#written.then(() => this.#spill(piece));
    return this.#written;
  }

  async #spill(piece: Buffer): Promise<void> {
    if (this.#failed) return this.#dropAhead();
    try {
      const file = await this.#file;
      const wait = file?.write(piece);
      if (wait === undefined && !this.#buffers.tight) return;
      await (wait ?? file?.written());
    } catch {
      this.#failed = true;
    }
    this.#dropAhead();
  }

  #dropAhead(): void {
    this.#buffers.drop(this.#ahead);
    this.#ahead = 0;
  }

  /** The whole body as a flushed file; undefined when the disk did not take it. */
  async close(): Promise<CollectedBody | undefined> {
    if (this.#file === undefined) return this.inMemory();
    await this.#written;
    try {
      const file = await this.#file;
      if (this.#failed) {
        await file.discard();
        return undefined;
      }
      const { size } = await file.close();
      return { file: file.name, size };
    } catch {
      return undefined;
    } finally {
      this.#dropAhead();
    }
  }

  /** The body when it never left memory; valid until `release`. */
  inMemory(): CollectedBody | undefined {
    if (this.#file !== undefined) return undefined;
    const bytes = this.#buffer.subarray(0, this.#used);
    return { bytes: this.#buffers.copies ? Buffer.from(bytes) : bytes, size: this.#used };
  }

  /** The body is with the queue (or refused): its buffer may be used for another. */
  release(): void {
    this.#buffers.give(this.#buffer);
    this.#buffer = Buffer.alloc(0);
  }

  /** Nobody knows whether the queue still reads the buffer: it is left to it, and no longer counted. */
  abandon(): void {
    this.#buffers.drop(this.#buffer.length);
    this.#buffer = Buffer.alloc(0);
  }

  /** Forgets the body and removes its file. */
  async discard(): Promise<void> {
    this.#failed = true;
    this.release();
    await this.#written;
    try {
      await (await this.#file)?.discard();
    } catch {
      // A file that cannot be removed is garbage that the sweep finds.
    }
    this.#dropAhead();
  }
}
