/**
 * The transaction state of POP3 (RFC 1939 §5, spec pop3.md §3): a fixed list of messages, marks for deletion, and what each
 * command asks for. It opens and removes nothing: messages are sent, and deletions made, by whoever drives it.
 */
import type { ByteString } from '../mail.js';
import { longLine } from './authorization.js';
import { capabilities } from './capabilities.js';
import type { Command } from './command-lines.js';

/** The list as it was at the login; numbers do not change afterwards. */
export interface MessageList {
  readonly count: number;
  /** Octets of message `index`, counted from 0. */
  size(index: number): number;
  /** Unique for ever within the mailbox, without blanks. */
  uniqueName(index: number): ByteString;
  /** Long answers about the whole list, made once for all sessions that see this very list. Absent: nothing is kept. */
  readonly answers?: Map<'LIST' | 'UIDL', readonly ByteString[]>;
}

export type TransactionStep =
  | { readonly tag: 'reply'; readonly text: ByteString }
  /** An answer of many lines, in pieces of bounded size. */
  | { readonly tag: 'lines'; readonly pieces: Iterable<ByteString> }
  /** Message `index`; `lines` of its body, all when undefined. */
  | { readonly tag: 'message'; readonly index: number; readonly lines: number | undefined }
  | { readonly tag: 'quit' };

/** Lines of one piece. */
const pieceLines = 1_000;
/** Messages of the largest list whose answers are kept. */
const keptLines = 10_000;
const reply = (text: ByteString): TransactionStep => ({ tag: 'reply', text });
const ok = reply('+OK \r\n');
const refused = (why: ByteString): TransactionStep => reply(`-ERR ${why}\r\n`);
const unimplemented = refused('unimplemented');

export class Transaction {
  readonly #list: MessageList;
  readonly #deleted = new Set<number>();
  readonly #total: number;
  /** Octets of the messages that are not marked. */
  #octets: number;
  #last = 0;

  constructor(list: MessageList) {
    this.#list = list;
    let total = 0;
    for (let index = 0; index < list.count; index++) total += list.size(index);
    this.#total = total;
    this.#octets = total;
  }

  /** Indexes of the messages marked for deletion. */
  get deleted(): ReadonlySet<number> {
    return this.#deleted;
  }

  take(command: Command | 'long'): TransactionStep {
    if (command === 'long') return reply(longLine);
    const { verb, argument } = command;
    switch (verb) {
      case 'STAT':
        return this.#stat();
      case 'LIST':
        return this.#each(verb, argument, (index) => String(this.#list.size(index)));
      case 'UIDL':
        return this.#each(verb, argument, (index) => this.#list.uniqueName(index));
      case 'RETR':
      case 'TOP':
        return this.#one(argument, (index) => ({ tag: 'message', index, lines: bodyLines(argument) }));
      case 'DELE':
        return this.#one(argument, (index) => this.#delete(index));
      default:
        return this.#other(verb);
    }
  }

  #other(verb: ByteString): TransactionStep {
    switch (verb) {
      case 'RSET':
        this.#deleted.clear();
        this.#octets = this.#total;
        this.#last = 0;
        return ok;
      case 'LAST':
        return reply(`+OK ${this.#last}\r\n`);
      case 'NOOP':
        return ok;
      case 'CAPA':
        return reply(capabilities(true, false));
      case 'QUIT':
        return { tag: 'quit' };
      default:
        return unimplemented;
    }
  }

  /** Messages marked as deleted are not counted (RFC 1939 §5; qmail counts them, and not their octets). */
  #stat(): TransactionStep {
    return reply(`+OK ${this.#list.count - this.#deleted.size} ${this.#octets}\r\n`);
  }

  #delete(index: number): TransactionStep {
    this.#deleted.add(index);
    this.#octets -= this.#list.size(index);
    this.#last = Math.max(this.#last, index + 1);
    return ok;
  }

  #each(verb: 'LIST' | 'UIDL', argument: ByteString, say: (index: number) => ByteString): TransactionStep {
    if (argument !== '') return this.#one(argument, (index) => reply(`+OK ${index + 1} ${say(index)}\r\n`));
    return { tag: 'lines', pieces: this.#kept(verb, say) };
  }

  #kept(verb: 'LIST' | 'UIDL', say: (index: number) => ByteString): Iterable<ByteString> {
    const { answers, count } = this.#list;
    if (answers === undefined || this.#deleted.size > 0 || count > keptLines) return this.#lines(say);
    const pieces = answers.get(verb) ?? [...this.#lines(say)];
    answers.set(verb, pieces);
    return pieces;
  }

  *#lines(say: (index: number) => ByteString): Iterable<ByteString> {
    let piece = '+OK \r\n';
    let lines = 0;
    for (let index = 0; index < this.#list.count; index++) {
      if (this.#deleted.has(index)) continue;
      piece += `${index + 1} ${say(index)}\r\n`;
      lines += 1;
      if (lines % pieceLines !== 0) continue;
      yield piece;
      piece = '';
    }
    yield `${piece}.\r\n`;
  }

  #one(argument: ByteString, step: (index: number) => TransactionStep): TransactionStep {
    const digits = /^\d+/.exec(argument)?.[0];
    if (digits === undefined) return refused('syntax error');
    const number = Number(digits);
    if (number === 0) return refused('messages are counted from 1');
    if (number > this.#list.count) return refused('not that many messages');
    return this.#deleted.has(number - 1) ? refused('already deleted') : step(number - 1);
  }
}

/** The number after the message's number; without one the whole message, for RETR and TOP alike. */
function bodyLines(argument: ByteString): number | undefined {
  const digits = /^\d+ +(\d+)/.exec(argument)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
