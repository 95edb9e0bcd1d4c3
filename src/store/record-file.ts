/**
 * A file that grows by short text records: the ledgers of the load tools.
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
  #held = '';
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  /** Creates the file, or empties it; throws when that fails. */
  constructor(file: string, options: RecordFileOptions = {}) {
    this.#descriptor = openSync(file, options.append === true ? 'a' : 'w', 0o644);
    this.#failed = options.failed;
  }

  /** Adds a record; it is in the file at most 10 ms later. `record` is latin1 text. */
  append(record: string): void {
    if (this.#closed) return;
    this.#held += record;
    if (this.#held.length >= mostHeld) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), heldMs);
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
    const bytes = Buffer.from(this.#held, 'latin1');
    this.#held = '';
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      this.#end();
      if (this.#failed === undefined) throw error;
      this.#failed(error as Error);
    }
  }
}
