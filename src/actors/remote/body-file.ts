/**
 * Bodies that are too large to keep in memory: read from their file piece by piece while they are
 * sent. One buffer a transaction; a message of any size costs the same memory.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { Outcome } from '../../protocol/mail.js';

/** The rest of a body. `next` resolves to undefined at the end; a piece stays valid until the next call. */
export interface BodySource {
  next(): Promise<Uint8Array | undefined>;
  close(): void;
}

/** A body ready to be sent: its first piece, and where the rest comes from. */
export interface OpenedBody {
  readonly first: Uint8Array;
  readonly rest: BodySource;
  /** Octets of the file. */
  readonly size: number;
}

const pieceSize = 131_072;

/** Opens the file and reads its beginning; an outcome when it cannot be read, which is worth another try (spec remote.md §5). */
export async function openBody(path: string): Promise<OpenedBody | Outcome> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    const rest = new FileSource(file);
    return { first: Buffer.from((await rest.next()) ?? []), rest, size };
  } catch {
    await file?.close();
    return { status: 'Z', text: 'Unable to read message. (#4.3.0)\n' };
  }
}

class FileSource implements BodySource {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafeSlow(pieceSize);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async next(): Promise<Uint8Array | undefined> {
    const { bytesRead } = await this.#file.read(this.#buffer, 0, pieceSize);
    return bytesRead === 0 ? undefined : this.#buffer.subarray(0, bytesRead);
  }

  close(): void {
    // Nothing was written, so an error at the end has nobody to tell.
    this.#file.close().catch(() => undefined);
  }
}
