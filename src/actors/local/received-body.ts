/**
 * A body that arrives in pieces, kept in a nameless file until it is whole. Pieces are written in
 * the order they came; the sender waits for each piece to be taken, so memory stays bounded.
 */
import type { FileHandle } from 'node:fs/promises';
import { openNameless, reopenPath, writeAt } from '../../store/nameless-file.js';

export class ReceivedBody {
  readonly #file: Promise<FileHandle | undefined> = openNameless().catch(() => undefined);
  #tail: Promise<void> = Promise.resolve();
  #size = 0;
  #failed = false;
  #finish: (path: string | undefined) => void = () => undefined;
  readonly #whole = new Promise<string | undefined>((resolve) => {
    this.#finish = resolve;
  });

  /** Resolves when the piece is written, or is not wanted any more. */
  add(piece: Uint8Array): Promise<void> {
    this.#tail = this.#tail.then(async () => {
      const file = await this.#file;
      if (file === undefined || this.#failed) {
        this.#failed = true;
        return;
      }
      try {
        this.#size = await writeAt(file, piece, this.#size);
      } catch {
        this.#failed = true;
      }
    });
    return this.#tail;
  }

  /** `complete` is false when the sender could not read the message to its end. */
  end(complete: boolean): void {
    void this.#tail.then(async () => {
      const file = await this.#file;
      this.#finish(complete && !this.#failed && file !== undefined ? reopenPath(file) : undefined);
    });
  }

  /** A path of the whole body; undefined when there is none. */
  whole(): Promise<string | undefined> {
    return this.#whole;
  }

  async close(): Promise<void> {
    await (await this.#file)?.close().catch(() => undefined);
  }
}
