/**
 * Messages of a sink written to a Maildir or to the end of an mbox file, one after another as they come. Not flushed: this is no mail.
 * When nothing can be written any more (disk full) it says so once, and the sink goes on without.
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { asFile, asMboxPiece } from './as-file.js';
import type { KeptMessage } from './kept.js';

export class SavedMessages {
  readonly #path: string;
  /** Of the mbox file; undefined: it is a Maildir. */
  readonly #mbox: number | undefined;
  readonly #troubled: (text: string) => void;
  #over = false;
  #anyCut = false;

  /** A path that ends with a slash, or a folder that is there, is a Maildir. Throws when it cannot be used. */
  constructor(path: string, troubled: (text: string) => void) {
    this.#path = path;
    this.#troubled = troubled;
    try {
      const isMaildir = path.endsWith('/') || (existsSync(path) && statSync(path).isDirectory());
      if (isMaildir) for (const part of ['tmp', 'new', 'cur']) mkdirSync(join(path, part), { recursive: true, mode: 0o700 });
      this.#mbox = isMaildir ? undefined : openSync(path, 'a', 0o600);
    } catch (error) {
      throw new Error(`cannot write messages to ${path}: ${(error as Error).message}`);
    }
  }

  add(message: KeptMessage): void {
    if (this.#over) return;
    try {
      if (this.#mbox === undefined) this.#deliver(message);
      else this.#append(this.#mbox, message);
    } catch (error) {
      this.close();
      this.#troubled(`${this.#path}: ${(error as Error).message}; no more messages are written there, mail is still taken`);
      return;
    }
    if (!message.cut || this.#anyCut) return;
    this.#anyCut = true;
    this.#troubled(
      `message ${message.id} is larger than what may be kept: ${this.#path} has its beginning only (more with --keep)`,
    );
  }

  /** May be called twice. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#mbox !== undefined) closeSync(this.#mbox);
  }

  /** Names sort in the order of arrival. */
  #deliver(message: KeptMessage): void {
    const [seconds, millis] = [Math.floor(message.at / 1_000), String(message.at % 1_000).padStart(3, '0')];
    const name = `${seconds}.M${millis}000P${process.pid}Q${String(message.id).padStart(9, '0')}.sink`;
    const temporary = join(this.#path, 'tmp', name);
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      writeAll(descriptor, asFile(message));
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, join(this.#path, 'new', name));
  }

  /** Whole or not at all, where the file can be made shorter again. */
  #append(descriptor: number, message: KeptMessage): void {
    const { size } = fstatSync(descriptor);
    try {
      writeAll(descriptor, asMboxPiece(message));
    } catch (error) {
      if (fstatSync(descriptor).isFile()) ftruncateSync(descriptor, size);
      throw error;
    }
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at);
}
