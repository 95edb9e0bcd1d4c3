/**
 * The QMTP client as a sans-IO session (spec qmtp-qmqp.md §2): one message after another on the same connection,
 * an answer for every recipient of each. Takes bodies in wire form and sends them with LF line ends.
 * Knows no socket and no clock.
 */
import { toByteString } from './bytes.js';
import type { ByteString, Outcome } from './mail.js';
import { netstring } from './netstring.js';
import { WireToUnix } from './smtp/data.js';
import { connectionDied, givingUp, outcomesOf, type RecipientRecord, rawReport, withReply } from './smtp/report.js';
import type { SmtpClient, SmtpClientEvent, Transaction } from './smtp/session.js';

/** Octets of an answer that are kept, as for SMTP replies; an answer of more than the second number is none. */
const maxText = 5_000;
const longestAnswer = 100_000;

const noExtensions: ReadonlySet<string> = new Set();
const changed: Outcome = { status: 'Z', text: 'Unable to read message. (#4.3.0)\n' };

/** One transaction under way. */
interface Running {
  readonly transaction: Transaction;
  readonly conversion: WireToUnix;
  /** Octets of the body still to come, as announced. */
  left: number;
  sent: boolean;
  readonly records: RecipientRecord[];
}

export class QmtpClientSession implements SmtpClient {
  readonly overlaps = false;
  readonly #peer: ByteString;
  readonly #events: SmtpClientEvent[] = [{ tag: 'ready', extensions: noExtensions }];
  #out: (ByteString | Uint8Array)[] = [];
  #in: ByteString = '';
  #running: Running | undefined;
  #message: Outcome | undefined;
  #records: readonly RecipientRecord[] = [];
  #closed = false;

  /** @param peer the server's address, as the reports name it */
  constructor(peer: ByteString) {
    this.#peer = peer;
  }

  receive(chunk: Uint8Array): void {
    if (!this.#closed) this.#in += toByteString(chunk);
  }

  output(): readonly (ByteString | Uint8Array)[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  next(): SmtpClientEvent | undefined {
    while (this.#events.length === 0 && this.#in !== '' && !this.#closed) {
      const answer = this.#running?.sent === true ? this.#answer() : 'broken';
      if (answer === undefined) break;
      if (answer === 'broken') this.lost();
      else this.#answered(answer);
    }
    return this.#events.shift();
  }

  begin(transaction: Transaction): void {
    if (this.#running !== undefined) throw new Error('begin: a transaction is under way on this connection');
    const running: Running = { transaction, conversion: new WireToUnix(), left: 0, sent: false, records: [] };
    this.#running = running;
    if (this.#closed) {
      this.#report(connectionDied(this.#peer, false), false);
      return;
    }
    const pieces = transaction.body.map((piece) => running.conversion.push(piece));
    if (transaction.streamed !== true) pieces.push(running.conversion.end());
    const here = pieces.reduce((sum, piece) => sum + piece.length, 0);
    running.left = transaction.unixSize ?? here;
    // The first octet says that lines end with LF.
    this.#out.push(`${running.left + 1}:\n`);
    for (const piece of pieces) this.#write(running, piece);
    if (transaction.streamed === true) this.#events.push({ tag: 'go' });
    else this.#finish(running);
  }

  piece(bytes: Uint8Array, last: boolean): void {
    const running = this.#running;
    if (running === undefined || running.sent) return;
    this.#write(running, running.conversion.push(bytes));
    if (!last) return;
    this.#write(running, running.conversion.end());
    this.#finish(running);
  }

  cancel(message: Outcome): void {
    if (this.#running !== undefined) this.#report(message, false);
  }

  /** QMTP has no farewell: the end of the connection is one. */
  quit(): void {
    if (this.#running !== undefined) this.lost();
    else this.#close();
  }

  lost(): void {
    if (this.#closed) return;
    if (this.#running !== undefined) this.#report(connectionDied(this.#peer, this.#running.sent), false);
    this.#close();
  }

  rawReport(): ByteString {
    return this.#message === undefined ? '' : rawReport({ recipients: this.#records, message: this.#message });
  }

  #write(running: Running, piece: Uint8Array): void {
    if (piece.length === 0) return;
    running.left -= piece.length;
    this.#out.push(piece);
  }

  /** The envelope follows the message, if that has the length that was announced. */
  #finish(running: Running): void {
    if (running.left !== 0) {
      this.#report(changed, false);
      return;
    }
    const { sender, recipients } = running.transaction;
    this.#out.push(`,${netstring(sender)}${netstring(recipients.map(netstring).join(''))}`);
    running.sent = true;
  }

  /** The next whole answer without its frame; undefined: not all there. */
  #answer(): ByteString | undefined | 'broken' {
    const head = /^([0-9]{1,6}):/.exec(this.#in);
    const length = Number(head?.[1]);
    if (head === null) return /^[0-9]{0,6}$/.test(this.#in) ? undefined : 'broken';
    if (length < 1 || length > longestAnswer) return 'broken';
    const end = head[0].length + length;
    if (this.#in.length <= end) return undefined;
    const answer = this.#in.slice(head[0].length, end);
    const framed = this.#in[end] === ',';
    this.#in = this.#in.slice(end + 1);
    return framed && /^[KZD]/.test(answer) ? answer : 'broken';
  }

  #answered(answer: ByteString): void {
    const running = this.#running;
    if (running === undefined) return;
    const said = `${answer.slice(1).replaceAll('\r', '').replaceAll('\0', '?')}\n`.slice(0, maxText);
    const accepted = answer.startsWith('K');
    if (accepted) this.#message = { status: 'K', text: withReply(`${this.#peer} accepted message.`, said) };
    const text = accepted ? '' : withReply(`${this.#peer} does not like recipient.`, said);
    running.records.push({ letter: accepted ? 'r' : answer.startsWith('D') ? 'h' : 's', text });
    if (running.records.length < running.transaction.recipients.length) return;
    const taken = running.records.some(({ letter }) => letter === 'r');
    const message = taken ? this.#message : undefined;
    this.#report(message ?? { status: 'D', text: givingUp(this.#peer) }, true);
  }

  /** Recipients without an answer share the fate of the message. */
  #report(message: Outcome, usable: boolean): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.#message = message;
    this.#records = running.records;
    const { recipients } = running.transaction;
    const all = { recipients: recipients.map((_, index) => running.records[index]), message };
    // An accepted one stays accepted although the others' answers are missing.
    const outcomes = usable ? outcomesOf(all, this.#peer) : this.#cutOff(running, message);
    this.#events.push({ tag: 'report', outcomes, usable, stale: false });
    if (!usable) this.#close();
  }

  #cutOff(running: Running, message: Outcome): Outcome[] {
    const accepted: Outcome = { status: 'K', text: `${this.#peer} accepted message.\n` };
    return running.transaction.recipients.map((_, index) => {
      const record = running.records[index];
      if (record === undefined) return message;
      return outcomesOf({ recipients: [record], message: accepted }, this.#peer)[0] ?? message;
    });
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.push({ tag: 'closed', outcome: undefined });
  }
}
