/**
 * The body of one message while it arrives: in memory up to the spill limit, then in a body file, so that a
 * session holds at most about a MiB however large its message is. Pieces are copied at once; the file is written
 * in large blocks while the next ones come in.
 */
import { type BodyFile, createBodyFile } from '../../store/body-file.js';
import { type BodyBuffers, largestBuffer } from './body-buffers.js';

export interface CollectedBody {
  readonly bytes?: Uint8Array;
  readonly file?: string;
  readonly size: number;
  /** CRC-32 of the file. */
  readonly checksum?: number;
}

/** Blocks that may wait for the disk before the client must. */
const mostOnTheWay = 3;
const empty = Buffer.alloc(0);

export class BodyCollector {
  readonly #queueDir: string;
  readonly #buffers: BodyBuffers;
  #buffer: Buffer;
  #used: number;
  #file: Promise<BodyFile> | undefined;
  #written: Promise<void> = Promise.resolve();
  #onTheWay = 0;
  #failed = false;

  /** `front` stands before the body (the Received lines), one octet a unit; far less than a buffer. */
  constructor(queueDir: string, buffers: BodyBuffers, front: string) {
    this.#queueDir = queueDir;
    this.#buffers = buffers;
    this.#buffer = buffers.take(front.length);
    this.#used = this.#buffer.write(front, 0, 'latin1');
  }

  /** A promise means: take no more bytes from the client before it is settled. It never rejects. */
  add(piece: Uint8Array): Promise<void> | undefined {
    const needed = this.#used + piece.length;
    if (needed > this.#buffer.length) {
      if (this.#buffer.length < largestBuffer && !this.#buffers.tight) this.#grow(needed);
      if (needed > this.#buffer.length) return this.#overflow(piece);
    }
    this.#buffer.set(piece, this.#used);
    this.#used = needed;
    return undefined;
  }

  #grow(needed: number): void {
    const larger = this.#buffers.take(needed);
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffers.give(this.#buffer);
    this.#buffer = larger;
  }

  /** Fills blocks to their end, so that all but the last are written whole. */
  #overflow(piece: Uint8Array): Promise<void> | undefined {
    let from = 0;
    while (this.#used + piece.length - from > this.#buffer.length) {
      const part = piece.subarray(from, from + this.#buffer.length - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
      from += part.length;
      this.#spill(this.#buffers.take(this.#buffers.tight ? 0 : largestBuffer));
    }
    this.#buffer.set(piece.subarray(from), this.#used);
    this.#used += piece.length - from;
    return this.#onTheWay > (this.#buffers.tight ? 0 : mostOnTheWay) ? this.#written : undefined;
  }

  /** Sends the present block to the file; `next` takes its place. */
  #spill(next: Buffer): void {
    const block = this.#buffer;
    const used = this.#used;
    this.#buffer = next;
    this.#used = 0;
    this.#file ??= createBodyFile(this.#queueDir);
    this.#onTheWay += 1;
    this.#written = this.#written.then(() => this.#write(block, used));
  }

  async #write(block: Buffer, used: number): Promise<void> {
    try {
      if (!this.#failed) {
        const file = await this.#file;
        await file?.write(block.subarray(0, used));
        await file?.written();
      }
    } catch {
      this.#failed = true;
    }
    this.#onTheWay -= 1;
    this.#buffers.give(block);
  }

  /** The whole body as a flushed file; undefined when the disk did not take it. */
  async close(): Promise<CollectedBody | undefined> {
    if (this.#file === undefined) return this.inMemory();
    this.#spill(empty);
    await this.#written;
    try {
      const file = await this.#file;
      if (this.#failed) {
        await file.discard();
        return undefined;
      }
      const { size, checksum } = await file.close();
      return { file: file.name, size, checksum };
    } catch {
      return undefined;
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
    this.#buffer = empty;
  }

  /** Nobody knows whether the queue still reads the buffer: it is left to it. */
  abandon(): void {
    this.#buffers.abandon(this.#buffer);
    this.#buffer = empty;
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
  }
}
