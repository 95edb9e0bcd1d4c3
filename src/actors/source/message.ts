/**
 * The messages of a load run: each with its own ledger mark and first line, all with the same filling.
 * Makes bytes; sends nothing.
 */
import { crc32 } from 'node:zlib';
import { formatLedgerMark, ledgerRecipient } from '../../protocol/ledger.js';
import type { Transaction } from '../../protocol/smtp/session.js';

export interface MessageSettings {
  /** Eight hexadecimal digits. */
  readonly run: string;
  readonly messages: number;
  /** Octets of body in wire form; the first line (20 octets) is always there. */
  readonly size: number;
  readonly sender: string;
  /** `#` stands for the recipient's number. */
  readonly pattern: string;
  readonly recipients: number;
}

const lineLength = 74;
/** Every so many lines one begins with a dot, which is doubled on the wire. */
const dottedEvery = 20;

export class LoadMessages {
  readonly recipients: readonly string[];
  readonly #settings: MessageSettings;
  readonly #filling: Buffer;
  /** Header lines that are the same in all messages. */
  readonly #shared: string;

  constructor(settings: MessageSettings) {
    this.#settings = settings;
    this.#filling = filling(settings.size - firstLine(settings.run, 0).length);
    this.recipients = Array.from({ length: settings.recipients }, (_, index) => ledgerRecipient(settings.pattern, index));
    const date = new Date().toUTCString().replace('GMT', '+0000');
    this.#shared = `From: <${settings.sender}>\r\nTo: <${this.recipients[0] ?? ''}>\r\nDate: ${date}\r\n`;
  }

  message(sequence: number): Transaction {
    const { run, messages, pattern, recipients, sender } = this.#settings;
    const line = firstLine(run, sequence);
    const checksum = crc32(this.#filling, crc32(line));
    const mark = formatLedgerMark({ run, sequence, messages, recipients, checksum, pattern });
    const header = `${mark}\r\n${this.#shared}Subject: load ${sequence}\r\nMessage-ID: <${run}.${sequence}@load.test>\r\n\r\n`;
    const head = Buffer.from(header + line, 'latin1');
    return { sender, recipients: this.recipients, body: [head, this.#filling], size: head.length + this.#filling.length };
  }
}

function firstLine(run: string, sequence: number): string {
  return `${run} ${`${sequence}`.padStart(9, '0')}\r\n`;
}

/** `size` octets of lines in wire form, ended by CR LF; nothing when there is no room for one. */
function filling(size: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, size), 'x');
  for (let at = 0, line = 0; at < bytes.length; at += lineLength, line++) {
    const end = Math.min(at + lineLength, bytes.length);
    // A dotted line needs room for more than its dots and CR LF, or it could read as the end of the message.
    if (line % dottedEvery === dottedEvery - 1 && end - at > 8) bytes.write('..', at, 'latin1');
    if (end - at >= 2) bytes.write('\r\n', end - 2, 'latin1');
  }
  // A last piece of one octet would be a line without an end.
  return bytes.length % lineLength === 1 ? bytes.subarray(0, -1) : bytes;
}
