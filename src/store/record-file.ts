/**
 * A file that grows by short records: the ledgers of the load tools.
 * Records are collected and written together; nothing is flushed to disk, for this is no mail.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const mostHeld = 65_536;
const heldMs = 10;

export interface RecordFileOptions {
  /** Keep what the file holds; default: it is emptied. */
  readonly append?: boolean;
  /** Told once when the file can be written no more (disk full); without it that is thrown. Later records are dropped. */
  readonly failed?: (error: Error) => void;
}

export class RecordFile {
  readonly #descriptor: number;
  readonly #failed: ((error: Error) => void) | undefined;
  readonly #held = Buffer.allocUnsafeSlow(mostHeld);
  #used = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  /** Creates the file, or empties it; throws when that fails. */
  constructor(file: string, options: RecordFileOptions = {}) {
    this.#descriptor = openSync(file, options.append === true ? 'a' : 'w', 0o644);
    this.#failed = options.failed;
  }

  /** Adds a record of so many octets, far fewer than 64 KiB, which `put` writes at an index; it is in the file at most 10 ms later. */
  append(octets: number, put: (into: Uint8Array, at: number) => void): void {
    if (this.#closed) return;
    if (this.#used + octets > mostHeld) this.#write();
    put(this.#held, this.#used);
    this.#used += octets;
    this.#timer ??= setTimeout(() => this.#write(), heldMs);
  }

  /** Writes what is held. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#write();
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const used = this.#used;
    this.#used = 0;
    try {
      for (let at = 0; at < used; ) at += writeSync(this.#descriptor, this.#held, at, used - at);
    } catch (error) {
      this.#end();
      if (this.#failed === undefined) throw error;
      this.#failed(error as Error);
    }
  }
}
