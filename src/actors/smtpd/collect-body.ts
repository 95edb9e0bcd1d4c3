/**
 * The body of one message while it arrives: in memory up to the spill limit, then in a body file, so that a
 * session holds a few hundred KiB however large its message is.
 */
import { type BodyFile, createBodyFile, spillLimit } from '../../store/body-file.js';

export interface CollectedBody {
  readonly bytes?: Uint8Array;
  readonly file?: string;
  readonly size: number;
}

export class BodyCollector {
  readonly #queueDir: string;
  #pieces: Uint8Array[] = [];
  #size = 0;
  #file: Promise<BodyFile> | undefined;
  #written: Promise<void> = Promise.resolve();
  #failed = false;

  /** `front` stands before the body (the Received lines). */
  constructor(queueDir: string, front: Uint8Array) {
    this.#queueDir = queueDir;
    this.#pieces.push(front);
    this.#size = front.length;
  }

  /** A promise means: take no more bytes from the client before it is settled. It never rejects. */
  add(piece: Uint8Array): Promise<void> | undefined {
    this.#size += piece.length;
    this.#pieces.push(piece);
    if (this.#file === undefined && this.#size <= spillLimit) return undefined;
    this.#file ??= createBodyFile(this.#queueDir);
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#written = this.#written.then(() => this.#spill(pieces));
    return this.#written;
  }

  async #spill(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#failed) return;
    try {
      const file = await this.#file;
      for (const piece of pieces) await file?.write(piece);
    } catch {
      this.#failed = true;
    }
  }

  /** The whole body, flushed when it is a file; undefined when the disk did not take it. */
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
    }
  }

  /** The body when it never left memory. */
  inMemory(): CollectedBody | undefined {
    if (this.#file !== undefined) return undefined;
    const bytes = Buffer.allocUnsafe(this.#size);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return { bytes, size: this.#size };
  }

  /** Forgets the body and removes its file. */
  async discard(): Promise<void> {
    this.#pieces = [];
    this.#failed = true;
    await this.#written;
    try {
      await (await this.#file)?.discard();
    } catch {
      // A file that cannot be removed is garbage that the sweep finds.
    }
  }
}
