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
   * The next piece, valid until the next call (the first one as long as it is wanted); undefined at the end; an outcome when the message cannot be
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

/** A piece is read while the one before it is on its way to the peer. */
const pieceSize = 262_144;
const unreadable: Outcome = { status: 'Z', text: 'Unable to read message. (#4.3.0)\n' };

/** Opens the file and reads its beginning; an outcome when the message cannot be sent. */
export async function openBody(path: string, form: BodyForm): Promise<OpenedBody | Outcome> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return unreadable;
  const found = await file.stat().catch(() => undefined);
  const rest = new FileSource(file, form);
  const first = found === undefined ? unreadable : await rest.next();
  if (found !== undefined && first instanceof Uint8Array) return { first, rest, size: found.size };
  rest.close();
  return first instanceof Uint8Array || first === undefined ? { first: new Uint8Array(0), rest: nothing, size: 0 } : first;
}

const nothing: BodySource = { next: () => Promise.resolve(undefined), close: () => undefined };

class FileSource implements BodySource {
  readonly #file: FileHandle;
  #filling: Buffer = Buffer.allocUnsafeSlow(pieceSize);
  /** The piece given out last, to be filled again when the next is asked for; never the first one. */
  #lent: Buffer | undefined;
  #begun = false;
  /** Octets read, undefined after a failure. */
  #reading: Promise<number | undefined>;
  #conversion: UnixToWire | undefined;

  constructor(file: FileHandle, form: BodyForm) {
    this.#file = file;
    if (form === 'unix') this.#conversion = new UnixToWire();
    this.#reading = this.#read();
  }

  #read(): Promise<number | undefined> {
    return this.#file.read(this.#filling, 0, pieceSize).then(
      ({ bytesRead }) => bytesRead,
      () => undefined,
    );
  }

  async next(): Promise<Uint8Array | Outcome | undefined> {
    const octets = await this.#reading;
    if (octets === undefined) return unreadable;
    if (octets === 0) return this.#end();
    const piece = this.#filling.subarray(0, octets);
    // A converted piece is an array of its own.
    const converted = this.#conversion?.push(piece);
    if (typeof converted === 'string') return untransferableOutcome(converted);
    if (converted === undefined) this.#lend();
    this.#reading = this.#read();
    return converted ?? piece;
  }

  #lend(): void {
    const free = this.#lent ?? Buffer.allocUnsafeSlow(pieceSize);
    this.#lent = this.#begun ? this.#filling : undefined;
    this.#begun = true;
    this.#filling = free;
  }

  #end(): Uint8Array | Outcome | undefined {
    const tail = this.#conversion?.end();
    this.#conversion = undefined;
    if (typeof tail === 'string') return untransferableOutcome(tail);
    return tail === undefined || tail.length === 0 ? undefined : tail;
  }

  close(): void {
    // A descriptor must not go while it is read. Nothing was written, so an error at the end has nobody to tell.
    void this.#reading.then(() => this.#file.close()).catch(() => undefined);
  }
}
