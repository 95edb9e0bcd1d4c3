/**
 * Bodies that are too large to keep in memory: read from their file piece by piece while they are
 * sent, converted to wire form where needed. A message of any size costs the same memory.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { BodyForm, Outcome } from '../../protocol/mail.js';
import { UnixToWire, untransferableOutcome } from '../../protocol/smtp/data.js';

/** The rest of a body, in wire form. */
export interface BodySource {
  /**
   * The next piece, valid until the next call; undefined at the end; an outcome when the message cannot be
   * sent to its end. Never rejects. The last call finds the end by reading nothing.
   */
  next(): Promise<Uint8Array | Outcome | undefined>;
  close(): void;
}

/** A body ready to be sent: its first piece, and where the rest comes from. */
export interface OpenedBody {
  readonly first: Uint8Array;
  readonly rest: BodySource;
  /** Octets of the file: those of the message in wire form, or a little less (RFC 1870 §5 allows an estimate). */
  readonly size: number;
}

const pieceSize = 131_072;
const unreadable: Outcome = { status: 'Z', text: 'Unable to read message. (#4.3.0)\n' };

/** Opens the file and reads its beginning; an outcome when the message cannot be sent. */
export async function openBody(path: string, form: BodyForm): Promise<OpenedBody | Outcome> {
  try {
    const file = await open(path, 'r');
    const rest = new FileSource(file, form);
    const first = await rest.next();
    if (first === undefined || 'status' in first) {
      rest.close();
      return first ?? { first: new Uint8Array(0), rest: nothing, size: 0 };
    }
    // The source reads into the same buffer again, and the first piece must last until DATA is answered.
    return { first: Buffer.from(first), rest, size: (await file.stat()).size };
  } catch {
    return unreadable;
  }
}

const nothing: BodySource = { next: () => Promise.resolve(undefined), close: () => undefined };

class FileSource implements BodySource {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafeSlow(pieceSize);
  #conversion: UnixToWire | undefined;

  constructor(file: FileHandle, form: BodyForm) {
    this.#file = file;
    if (form === 'unix') this.#conversion = new UnixToWire();
  }

  async next(): Promise<Uint8Array | Outcome | undefined> {
    try {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, pieceSize);
      const piece = this.#buffer.subarray(0, bytesRead);
      if (this.#conversion === undefined) return bytesRead === 0 ? undefined : piece;
      const converted = bytesRead === 0 ? this.#conversion.end() : this.#conversion.push(piece);
      if (bytesRead === 0) this.#conversion = undefined;
      if (typeof converted === 'string') return untransferableOutcome(converted);
      return bytesRead === 0 && converted.length === 0 ? undefined : converted;
    } catch {
      return unreadable;
    }
  }

  close(): void {
    // Nothing was written, so an error at the end has nobody to tell.
    this.#file.close().catch(() => undefined);
  }
}
