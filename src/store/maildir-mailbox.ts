/**
 * One reader's view of a Maildir: the messages that were there when it was opened, their octets, and the changes at the
 * end (spec pop3.md §3). Nothing is changed before `finish`, and no lock is held: other readers and deliveries go on.
 */
import { Buffer } from 'node:buffer';
import { close, closeSync, constants, open, openSync, read, readSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ByteString } from '../protocol/mail.js';
import type { MessageList } from '../protocol/pop3/transaction.js';
import { listMaildir, type MaildirList } from './maildir-lists.js';
import type { MaildirMessage } from './maildir-scan.js';
import { octetPath } from './octet-path.js';

const openFile = promisify(open);
const readFile = promisify(read);
const closeFile = promisify(close);

/** Octets of a piece; a message that fits is read at once. */
export const messagePiece = 65_536;
/** Where small messages are read, one after the other. */
const small = Buffer.allocUnsafeSlow(messagePiece);
/** Files changed before others get their turn. */
const atOnce = 100;

export class MaildirMailbox implements MessageList {
  readonly #folder: ByteString;
  readonly #messages: readonly MaildirMessage[];
  readonly #unseen: boolean;
  readonly answers: MaildirList['answers'];

  private constructor(folder: ByteString, { messages, unseen, answers }: MaildirList) {
    this.#folder = folder;
    this.#messages = messages;
    this.#unseen = unseen;
    this.answers = answers;
  }

  /**
   * `now` in seconds since 1970: files written in that second or later are left for the next time, and files in tmp/ that were
   * given up are removed. `absent` when the folder is not there; rejects with MaildirUnreadable.
   */
  static async open(folder: ByteString, now: number): Promise<MaildirMailbox | 'absent'> {
    try {
      if (!statSync(octetPath(`${folder}/.`)).isDirectory()) return 'absent';
    } catch {
      return 'absent';
    }
    const list = await listMaildir(folder, now);
    const { messages } = list;
    let old = messages.length;
    while (old > 0 && (messages[old - 1] as MaildirMessage).mtime >= now) old -= 1;
    if (old === messages.length) return new MaildirMailbox(folder, list);
    return new MaildirMailbox(folder, { ...list, messages: messages.slice(0, old), answers: new Map() });
  }

  get count(): number {
    return this.#messages.length;
  }

  size(index: number): number {
    return this.#at(index).size;
  }

  /** The name up to its first colon; flags follow there. */
  uniqueName(index: number): ByteString {
    const file = this.#at(index).name.slice(4);
    const colon = file.indexOf(':');
    return colon < 0 ? file : file.slice(0, colon);
  }

  /**
   * The text of a message in pieces; undefined when it cannot be opened any more. The pieces throw when the disk does.
   */
  async pieces(index: number): Promise<AsyncIterable<ByteString> | undefined> {
    try {
      // Not blocked for ever by a pipe that was put in the place of a message.
      const fd = await openFile(octetPath(`${this.#folder}/${this.#at(index).name}`), constants.O_RDONLY | constants.O_NONBLOCK);
      return readPieces(fd, this.#at(index).size);
    } catch {
      return undefined;
    }
  }

  /**
   * The text of a message of less than `messagePiece` octets, read at once without leaving the thread: for a process that serves one
   * user, where nobody else waits for the disk. `long`: ask for its pieces. Undefined when it cannot be opened any more.
   */
  textNow(index: number): ByteString | 'long' | undefined {
    const { name, size } = this.#at(index);
    if (size >= messagePiece) return 'long';
    let fd: number;
    try {
      fd = openSync(octetPath(`${this.#folder}/${name}`), constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      return undefined;
    }
    try {
      // One octet more than there should be shows that there is no more.
      return readSync(fd, small, 0, size + 1, 0) === size ? small.toString('latin1', 0, size) : 'long';
    } catch {
      return 'long';
    } finally {
      closeSync(fd);
    }
  }

  /** The same for a message of any length, as `pieces`. */
  piecesNow(index: number): Iterable<ByteString> | undefined {
    try {
      const path = octetPath(`${this.#folder}/${this.#at(index).name}`);
      return textsOf(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    } catch {
      return undefined;
    }
  }

  /** Removes the messages of these indexes, moves the others out of new/. How many could not be removed. */
  async finish(deleted: ReadonlySet<number>): Promise<number> {
    if (deleted.size === 0 && !this.#unseen) return 0;
    let failed = 0;
    let changed = 0;
    for (const [index, { name }] of this.#messages.entries()) {
      if (deleted.has(index)) failed += this.#remove(name) ? 0 : 1;
      else if (name.startsWith('new/')) this.#see(name.slice(4));
      else continue;
      changed += 1;
      if (changed % atOnce === 0) await turn();
    }
    return failed;
  }

  /** False also when it was gone already, as in qmail: another reader may have given it other flags. */
  #remove(name: ByteString): boolean {
    try {
      unlinkSync(octetPath(`${this.#folder}/${name}`));
      return true;
    } catch {
      return false;
    }
  }

  #see(file: ByteString): void {
    try {
      renameSync(octetPath(`${this.#folder}/new/${file}`), octetPath(`${this.#folder}/cur/${file}:2,`));
    } catch {
      // Another reader took it first, or it stays new.
    }
  }

  #at(index: number): MaildirMessage {
    const message = this.#messages[index];
    if (message === undefined) throw new RangeError(`no message ${index}`);
    return message;
  }
}

function* textsOf(fd: number): Generator<ByteString> {
  try {
    for (let size = readSync(fd, small); size > 0; size = readSync(fd, small)) yield small.toString('latin1', 0, size);
  } finally {
    closeSync(fd);
  }
}

/** A file of the size expected needs no further reading to see that it ends. */
async function* readPieces(fd: number, expected: number): AsyncGenerator<ByteString> {
  const into = Buffer.allocUnsafe(Math.min(expected + 1, messagePiece));
  try {
    for (let total = 0; ; ) {
      const { bytesRead } = await readFile(fd, into, 0, into.length, null);
      if (bytesRead === 0) return;
      yield into.toString('latin1', 0, bytesRead);
      total += bytesRead;
      if (total === expected && bytesRead < into.length) return;
    }
  } finally {
    await closeFile(fd);
  }
}
