/**
 * A logged-in POP3 client and its opened Maildir: what comes from the client goes in, answers go out, in order (spec pop3.md
 * §3). Answers to commands that came together go out together. Nothing here waits unless it must: a client that reads, and
 * messages that are small, cost no turn of the event loop. Deletions happen at QUIT alone.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { ByteString } from '../../protocol/mail.js';
import { CommandLines } from '../../protocol/pop3/command-lines.js';
import { MessageText, wholeMessage } from '../../protocol/pop3/message-text.js';
import { Transaction, type TransactionStep } from '../../protocol/pop3/transaction.js';
import type { MaildirMailbox } from '../../store/maildir-mailbox.js';

/** Whether the client can go on; a promise when that is not known yet. */
export type Going = boolean | Promise<boolean>;

/** The way to the client. */
export interface MailboxOutput {
  /** False when nobody takes the octets. */
  write(octets: ByteString): Going;
  /** Nobody but this user waits in this thread: it may wait for the disk. */
  readonly alone: boolean;
}

/** Octets that are gathered before they are sent. */
const together = 32_768;
/** Commands that one client gets answered before others have their turn. */
const mostAtOnce = 64;
/** Pieces of a large message that are read before others have their turn. */
const piecesAtOnce = 4;
const okay: ByteString = '+OK \r\n';
const unable: ByteString = '-ERR unable to open that message\r\n';

export class MailboxSession {
  readonly #mailbox: MaildirMailbox;
  readonly #output: MailboxOutput;
  readonly #transaction: Transaction;
  readonly #lines = new CommandLines();
  /** Answers not sent yet. */
  #said: ByteString = '';

  constructor(mailbox: MaildirMailbox, output: MailboxOutput) {
    this.#mailbox = mailbox;
    this.#output = output;
    this.#transaction = new Transaction(mailbox);
  }

  /** Once, before all else. */
  greet(): Going {
    return this.#output.write(okay);
  }

  /** Octets of the client, valid during this call; to be called again when the answer is true. */
  take(piece: Uint8Array): Going {
    this.#lines.receive(piece);
    return this.#answer();
  }

  #answer(): Going {
    for (let answered = 0; ; answered++) {
      if (answered === mostAtOnce) return this.#after(this.#sendAll());
      const command = this.#lines.next();
      if (command === undefined) break;
      const on = this.#do(this.#transaction.take(command));
      if (on === false) return false;
      if (on !== true) return this.#after(on);
    }
    this.#lines.retain();
    return this.#sendAll();
  }

  /** The rest of what was received, when the others had their turn. */
  async #after(on: Going): Promise<boolean> {
    this.#lines.retain();
    if (!(await on)) return false;
    await turn();
    return this.#answer();
  }

  #do(step: TransactionStep): Going {
    switch (step.tag) {
      case 'reply':
        return this.#say(step.text);
      case 'lines':
        return this.#sayPieces(step.pieces);
      case 'message':
        return this.#send(step.index, step.lines);
      case 'quit':
        return this.#quit();
    }
  }

  #say(text: ByteString): Going {
    this.#said += text;
    return this.#said.length < together || this.#sendAll();
  }

  #sendAll(): Going {
    const said = this.#said;
    if (said === '') return true;
    this.#said = '';
    return this.#output.write(said);
  }

  #sayPieces(pieces: Iterable<ByteString>): Going {
    const left = pieces[Symbol.iterator]();
    for (let next = left.next(); next.done !== true; next = left.next()) {
      const on = this.#say(next.value);
      if (on !== true) return on === false ? false : this.#sayRest(on, left);
    }
    return true;
  }

  async #sayRest(on: Going, left: Iterator<ByteString>): Promise<boolean> {
    let going = await on;
    for (let next = left.next(); going && next.done !== true; next = left.next()) going = await this.#say(next.value);
    return going;
  }

  async #quit(): Promise<boolean> {
    const failed = await this.#mailbox.finish(this.#transaction.deleted);
    for (let told = 0; told < failed; told++) {
      if (!(await this.#say('-ERR unable to unlink all deleted messages\r\n'))) return false;
    }
    this.#said += okay;
    await this.#sendAll();
    return false;
  }

  #send(index: number, lines: number | undefined): Going {
    const { alone } = this.#output;
    const text = alone ? this.#mailbox.textNow(index) : 'long';
    if (text === undefined) return this.#say(unable);
    if (text !== 'long') return this.#say(okay + wholeMessage(text, lines));
    return this.#sendPieces(index, lines);
  }

  /** Waits for the client; for the disk too, unless this process is the user's alone and may wait as long as a piece takes. */
  async #sendPieces(index: number, lines: number | undefined): Promise<boolean> {
    const pieces = this.#output.alone ? this.#mailbox.piecesNow(index) : await this.#mailbox.pieces(index);
    if (pieces === undefined) return this.#say(unable);
    this.#said += okay;
    const message = new MessageText(lines);
    let since = 0;
    try {
      for await (const piece of pieces) {
        const on = this.#say(message.next(piece));
        if (!(typeof on === 'boolean' ? on : await on)) return false;
        if (message.over) break;
        since += 1;
        if (since % piecesAtOnce === 0) await turn();
      }
    } catch {
      // Half a message must not look like a whole one.
      return false;
    }
    return this.#say(message.end());
  }
}
