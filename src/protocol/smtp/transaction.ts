/**
 * The dialogue of one mail transaction on the client's side: MAIL, RCPTs, DATA, body, final dot, with or without
 * PIPELINING (RFC 2920), and what it came to (spec remote.md §5). Greeting, QUIT and the connection are client.ts.
 */
import { commandAddress, unsendable } from '../address.js';
import { LF } from '../bytes.js';
import type { ByteString, Outcome, Status } from '../mail.js';
import { untransferableOutcome } from './data.js';
import { isPermanent, isRefusal, type Reply } from './reply-reader.js';
import { connectionDied, givingUp, type RecipientRecord, type TransactionRecord, withReply } from './report.js';
import type { Transaction } from './session.js';

/** What the transaction finds on its connection. */
export interface Connection {
  readonly peer: ByteString;
  readonly extensions: ReadonlySet<string>;
  /** An earlier transaction was left open at the server: RSET goes first. */
  readonly dirty: boolean;
  /** An earlier transaction was made on this connection. */
  readonly used: boolean;
  /** Addresses beyond ASCII are sent without a word, as qmail-remote does, whatever the server offers. */
  readonly eightBitAddresses: boolean;
}

/** Whose reply comes next. `body`: the caller is handing over pieces. `abandon`: the empty message after refusals. */
type Stage = 'rset' | 'mail' | 'rcpt' | 'data' | 'body' | 'final' | 'abandon' | 'done';

export type Progress = 'more' | 'go' | 'done';

const addressText = 'Sorry, an address with a line end or NUL in it cannot be sent over SMTP. (#5.1.3)\n';

const utf8Text = "Sorry, an address beyond ASCII cannot be sent: the remote host doesn't offer SMTPUTF8. (#5.6.7)\n";

/** An address that takes SMTPUTF8 (RFC 6531). Octets that are no UTF-8 take nothing: they go as they are, as qmail sends them. */
const isBeyondAscii = (address: ByteString): boolean => /[^\0-\x7f]/.test(address) && utf8.test(address);

const utf8 = /^(?:[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})*$/;

export class TransactionDialogue {
  /** The connection may carry another transaction. */
  usable = true;
  /** The server still has this transaction open. */
  dirty = false;
  /** Nothing more may be written, not even QUIT: the server takes it for message text. */
  mute = false;
  /** The server had gone before it answered to MAIL, on a connection that had worked before. */
  stale = false;

  private readonly transaction: Transaction;
  private readonly connection: Connection;
  private readonly write: (piece: ByteString | Uint8Array) => void;
  private readonly pipelining: boolean;
  private readonly records: (RecipientRecord | undefined)[];
  /** Indexes of the recipients that are asked for, and how many have been answered. */
  private readonly asked: number[] = [];
  private answered = 0;
  private accepted = 0;
  private message: Outcome | undefined;
  private stage: Stage;
  private dotSent = false;
  private lastOctet = LF;

  constructor(transaction: Transaction, connection: Connection, write: (piece: ByteString | Uint8Array) => void) {
    this.transaction = transaction;
    this.connection = connection;
    this.write = write;
    this.pipelining = connection.extensions.has('PIPELINING');
    this.records = new Array(transaction.recipients.length).fill(undefined);
    this.stage = connection.dirty ? 'rset' : 'mail';
  }

  /** The final dot is written, its answer is not here. */
  get handedOver(): boolean {
    return this.stage === 'final';
  }

  get record(): TransactionRecord {
    return { recipients: this.records, message: this.message ?? connectionDied(this.connection.peer, this.dotSent) };
  }

  /** Sends the first commands; `done` when the transaction cannot be made over SMTP at all. */
  start(): Progress {
    const { sender, recipients, body } = this.transaction;
    recipients.forEach((recipient, index) => {
      const text = this.unsendableText(recipient);
      if (text !== undefined) this.records[index] = { letter: 'h', text };
      else this.asked.push(index);
    });
    const text = this.unsendableText(sender);
    if (text !== undefined) this.message = { status: 'D', text };
    else if (body.some((piece) => piece.includes(0))) this.message = untransferableOutcome('NUL');
    else if (this.asked.length === 0) this.message = { status: 'D', text: givingUp(this.connection.peer) };
    if (this.message) {
      this.dirty = this.connection.dirty;
      return this.done();
    }
    const reset = this.connection.dirty ? 'RSET\r\n' : '';
    if (!this.pipelining) this.write(reset || this.mailCommand());
    else {
      let group = reset + this.mailCommand();
      for (const index of this.asked) group += this.rcptCommand(index);
      this.write(`${group}DATA\r\n`);
    }
    return 'more';
  }

  /** RFC 6531 §3.2: without the extension an address beyond ASCII must not be sent, and nobody can write it another way. */
  private unsendableText(address: ByteString): ByteString | undefined {
    if (unsendable(address)) return addressText;
    const { eightBitAddresses, extensions } = this.connection;
    if (eightBitAddresses || !isBeyondAscii(address) || extensions.has('SMTPUTF8')) return undefined;
    return utf8Text;
  }

  reply(reply: Reply): Progress {
    if (reply.code === 421 || !reply.wellFormed) this.usable = false;
    switch (this.stage) {
      case 'rset':
        return this.afterReset(reply);
      case 'mail':
        return this.afterMail(reply);
      case 'rcpt':
        return this.afterRcpt(reply);
      case 'data':
        return this.afterData(reply);
      case 'abandon':
        return this.done();
      default:
        return this.afterFinal(reply);
    }
  }

  /** The next piece of a streamed body. */
  piece(bytes: Uint8Array, last: boolean): Progress {
    if (this.stage !== 'body') return this.stage === 'done' ? 'done' : 'more';
    if (bytes.includes(0)) return this.breakOff(untransferableOutcome('NUL'));
    this.writeBody(bytes);
    if (last) this.endBody();
    return 'more';
  }

  /** The rest of a streamed body cannot be had: `message` says why. */
  cancel(message: Outcome): Progress {
    return this.stage === 'body' ? this.breakOff(message) : 'more';
  }

  /** The connection ended or talks no SMTP: what is undecided now fails for the time being. */
  lost(): void {
    if (this.stage === 'done') return;
    this.stale = this.connection.used && (this.stage === 'rset' || this.stage === 'mail');
    this.usable = false;
    this.mute = true;
    this.message ??= connectionDied(this.connection.peer, this.dotSent);
    this.stage = 'done';
  }

  private done(): Progress {
    this.stage = 'done';
    return 'done';
  }

  /** Ends without the final dot: only closing the connection tells the server. */
  private breakOff(message: Outcome): Progress {
    this.message = message;
    this.usable = false;
    this.mute = true;
    return this.done();
  }

  private mailCommand(): ByteString {
    const { extensions, eightBitAddresses } = this.connection;
    const { sender, recipients, size, eightBit } = this.transaction;
    const declared = extensions.has('SIZE') ? ` SIZE=${size}` : '';
    const body = eightBit && extensions.has('8BITMIME') ? ' BODY=8BITMIME' : '';
    const beyond = extensions.has('SMTPUTF8') && [sender, ...recipients].some(isBeyondAscii);
    const utf8 = beyond && !eightBitAddresses ? ' SMTPUTF8' : '';
    return `MAIL FROM:<${commandAddress(sender)}>${declared}${body}${utf8}\r\n`;
  }

  private rcptCommand(index: number): ByteString {
    return `RCPT TO:<${commandAddress(this.transaction.recipients[index] ?? '')}>\r\n`;
  }

  private refusal(line: ByteString, reply: Reply): Outcome {
    const status: Status = isPermanent(reply.code) ? 'D' : 'Z';
    return { status, text: withReply(line, reply.text) };
  }

  private afterReset(reply: Reply): Progress {
    this.stage = 'mail';
    if (!isRefusal(reply.code)) {
      if (!this.pipelining) this.write(this.mailCommand());
      return 'more';
    }
    // The server's idea of the transaction is unknown: start again on another connection.
    this.stale = true;
    this.message = { status: 'Z', text: withReply(`Connected to ${this.connection.peer} but RSET failed.`, reply.text) };
    this.usable = false;
    return this.done();
  }

  private afterMail(reply: Reply): Progress {
    const { peer, used } = this.connection;
    if (isRefusal(reply.code)) {
      this.message = this.refusal(`Connected to ${peer} but sender was rejected.`, reply);
      this.stale = used && reply.code === 421;
      if (!this.pipelining || reply.code === 421) return this.done();
    } else if (!this.pipelining) this.write(this.rcptCommand(this.asked[0] as number));
    this.stage = 'rcpt';
    return 'more';
  }

  private afterRcpt(reply: Reply): Progress {
    const index = this.asked[this.answered++] as number;
    const refused = isRefusal(reply.code);
    if (!refused) this.accepted++;
    if (this.message === undefined) {
      const letter = !refused ? 'r' : isPermanent(reply.code) ? 'h' : 's';
      const text = refused ? withReply(`${this.connection.peer} does not like recipient.`, reply.text) : '';
      this.records[index] = { letter, text };
    }
    if (this.answered < this.asked.length) {
      if (!this.pipelining) this.write(this.rcptCommand(this.asked[this.answered] as number));
      return 'more';
    }
    return this.afterLastRcpt();
  }

  private afterLastRcpt(): Progress {
    this.dirty = this.message === undefined;
    if (this.accepted === 0) this.message ??= { status: 'D', text: givingUp(this.connection.peer) };
    this.stage = 'data';
    if (this.pipelining) return 'more';
    if (this.message) return this.done();
    this.write('DATA\r\n');
    return 'more';
  }

  private afterData(reply: Reply): Progress {
    const { peer } = this.connection;
    const wanted = this.pipelining ? reply.code >= 300 && reply.code < 400 : !isRefusal(reply.code);
    if (this.message) {
      if (!wanted) return this.done();
      // RFC 2920 §3.1: no recipient was taken, yet the server waits for a message. With one taken it must not get any.
      if (this.accepted > 0) return this.breakOff(this.message);
      this.write('.\r\n');
      this.dirty = false;
      this.stage = 'abandon';
      return 'more';
    }
    if (!wanted) {
      // A 2xx here belongs to another command: every later reply would be taken for its neighbour's.
      if (!isRefusal(reply.code)) this.usable = false;
      this.message = this.refusal(`${peer} failed on DATA command.`, reply);
      return this.done();
    }
    for (const piece of this.transaction.body) this.writeBody(piece);
    if (this.transaction.streamed) {
      this.stage = 'body';
      return 'go';
    }
    this.endBody();
    return 'more';
  }

  private writeBody(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.write(piece);
    this.lastOctet = piece[piece.length - 1] as number;
  }

  private endBody(): void {
    this.write(this.lastOctet === LF ? '.\r\n' : '\r\n.\r\n');
    this.dotSent = true;
    this.stage = 'final';
  }

  /** The reply to the final dot, or one that comes while the body is still being sent. */
  private afterFinal(reply: Reply): Progress {
    const { peer } = this.connection;
    const early = this.stage === 'body';
    const taken = reply.wellFormed && !isRefusal(reply.code) && (!this.pipelining || reply.code < 300);
    this.dirty = false;
    if (taken && !early) {
      this.message = { status: 'K', text: withReply(`${peer} accepted message.`, reply.text) };
      return this.done();
    }
    this.message = this.refusal(`${peer} failed after I sent the message.`, reply);
    if (early) return this.breakOff(this.message);
    if (!isRefusal(reply.code)) this.usable = false;
    return this.done();
  }
}
