/**
 * Bodies that are too large to keep in memory: read from their file piece by piece while they are
 * sent. One buffer a transaction; a message of any size costs the same memory.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { BodyForm, Outcome } from '../../protocol/mail.js';
import type { BodySource } from './pump.js';

/** A body ready to be sent. `size` in octets, for SIZE= (RFC 1870 §5: an estimate may be given). */
export interface BodyOfFile {
  readonly source: BodySource;
  readonly size: number;
}

const pieceSize = 131_072;

/** Opens the file; an outcome when it cannot be read, which is worth another try later (spec remote.md §5). */
export async function openBody(path: string, _form: BodyForm): Promise<BodyOfFile | Outcome> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    return { source: new WireFile(file), size };
  } catch {
    await file?.close();
    return { status: 'Z', text: 'Unable to read message. (#4.3.0)\n' };
  }
}

/** The octets of a file as they are. */
class WireFile implements BodySource {
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
