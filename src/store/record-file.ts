/**
 * A file that grows by short text records: the ledgers of the load tools.
 * Records are collected and written together; nothing is flushed to disk, for this is no mail.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const mostHeld = 65_536;
const heldMs = 10;

export class RecordFile {
  readonly #descriptor: number;
  #held = '';
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  /** Creates or empties the file; throws when that fails. */
  constructor(file: string) {
    this.#descriptor = openSync(file, 'w', 0o644);
  }

  /** Adds a record; it is in the file at most 10 ms later. `record` is latin1 text. */
  append(record: string): void {
    this.#held += record;
    if (this.#held.length >= mostHeld) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), heldMs);
  }

  /** Writes what is held. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#write();
    closeSync(this.#descriptor);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = Buffer.from(this.#held, 'latin1');
    this.#held = '';
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }
}
