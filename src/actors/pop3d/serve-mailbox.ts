/**
 * A logged-in POP3 client and its Maildir, to the end of the session (spec pop3.md §3). One command at a time: the next is
 * not looked at before the answer to the last is taken. Deletions happen at QUIT alone.
 */
import type { ByteString } from '../../protocol/mail.js';
import { CommandLines } from '../../protocol/pop3/command-lines.js';
import { MessageOctets } from '../../protocol/pop3/message-octets.js';
import { Transaction, type TransactionStep } from '../../protocol/pop3/transaction.js';
import { MaildirMailbox, messagePiece } from '../../store/maildir-mailbox.js';

/** The client's side. Both keep their own times; neither throws. */
export interface MailboxWire {
  /** The next octets, valid until the next call; undefined when none will come. */
  read(): Promise<Uint8Array | undefined>;
  /** False when nobody takes them. The octets may be used again afterwards. */
  write(octets: ByteString | Uint8Array): Promise<boolean>;
  /** Nobody but this user waits in this thread: it may wait for the disk. */
  readonly alone: boolean;
}

/** Opens the Maildir, greets, serves. `now` in seconds since 1970. */
export async function serveMailbox(maildir: ByteString, wire: MailboxWire, now: number): Promise<void> {
  const mailbox = await MaildirMailbox.open(maildir, now).catch(() => undefined);
  if (mailbox === undefined) await wire.write('-ERR unable to scan $HOME/Maildir\r\n');
  else if (mailbox === 'absent') await wire.write('-ERR this user has no $HOME/Maildir\r\n');
  else await new MailboxSession(mailbox, wire).run();
}

class MailboxSession {
  readonly #mailbox: MaildirMailbox;
  readonly #wire: MailboxWire;
  readonly #transaction: Transaction;
  readonly #lines = new CommandLines();
  /** Made when the first message is sent: most sessions send none. */
  #buffers: { readonly read: Uint8Array; readonly sent: Uint8Array } | undefined;

  constructor(mailbox: MaildirMailbox, wire: MailboxWire) {
    this.#mailbox = mailbox;
    this.#wire = wire;
    this.#transaction = new Transaction(mailbox);
  }

  async run(): Promise<void> {
    if (!(await this.#wire.write('+OK \r\n'))) return;
    for (let piece = await this.#wire.read(); piece !== undefined; piece = await this.#wire.read()) {
      this.#lines.receive(piece);
      for (let command = this.#lines.next(); command !== undefined; command = this.#lines.next()) {
        if (!(await this.#do(this.#transaction.take(command)))) return;
      }
      this.#lines.retain();
    }
  }

  /** False when the session is over. */
  async #do(step: TransactionStep): Promise<boolean> {
    switch (step.tag) {
      case 'reply':
        return this.#wire.write(step.text);
      case 'lines':
        for (const piece of step.pieces) if (!(await this.#wire.write(piece))) return false;
        return true;
      case 'message':
        return this.#send(step.index, step.lines);
      case 'quit':
        await this.#quit();
        return false;
    }
  }

  async #quit(): Promise<void> {
    const failed = await this.#mailbox.finish(this.#transaction.deleted);
    for (let told = 0; told < failed; told++) {
      if (!(await this.#wire.write('-ERR unable to unlink all deleted messages\r\n'))) return;
    }
    await this.#wire.write('+OK \r\n');
  }

  #sendWhole(octets: Uint8Array, sent: Uint8Array, message: MessageOctets): Promise<boolean> {
    let size = put(sent, 0, okay);
    size += message.encode(octets, sent.subarray(size));
    size += put(sent, size, message.end());
    return this.#wire.write(sent.subarray(0, size));
  }

  async #send(index: number, lines: number | undefined): Promise<boolean> {
    this.#buffers ??= { read: new Uint8Array(messagePiece), sent: new Uint8Array(2 * messagePiece + 2 * room) };
    const { read, sent } = this.#buffers;
    const now = this.#wire.alone ? this.#mailbox.readNow(index, read) : 'long';
    if (typeof now === 'number') return this.#sendWhole(read.subarray(0, now), sent, new MessageOctets(lines));
    const pieces = now === 'long' ? await this.#mailbox.pieces(index, read) : undefined;
    if (pieces === undefined) return this.#wire.write('-ERR unable to open that message\r\n');
    const message = new MessageOctets(lines);
    let size = put(sent, 0, okay);
    try {
      for await (const piece of pieces) {
        if (size + 2 * piece.length + room > sent.length) {
          if (!(await this.#wire.write(sent.subarray(0, size)))) return false;
          size = 0;
        }
        size += message.encode(piece, sent.subarray(size));
        if (message.over) break;
      }
    } catch {
      // Half a message must not look like a whole one.
      return false;
    }
    size += put(sent, size, message.end());
    return this.#wire.write(sent.subarray(0, size));
  }
}

const okay = Uint8Array.from('+OK \r\n', (letter) => letter.charCodeAt(0));
/** For what comes before and after a message. */
const room = 32;

function put(into: Uint8Array, at: number, octets: Uint8Array): number {
  into.set(octets, at);
  return octets.length;
}
