/**
 * How a load test marks its messages so that each can be accounted for: the ledger header and the ledger record.
 * The source writes the header, the sink reads it; both keep records that a checker compares.
 * Pure text: checksums and clocks come from the caller.
 */
import { LF, toByteString } from './bytes.js';
import type { ByteString } from './mail.js';

/** First octets of the header line. */
export const ledgerHeaderName = 'X-Tqmail-Ledger: ';

/** Octets of a pattern. */
export const ledgerPatternLength = 300;

/** What a marked message says of itself. */
export interface LedgerMark {
  /** Eight hexadecimal digits, drawn anew for each source. */
  readonly run: ByteString;
  /** Number of the message in its run, from 0. */
  readonly sequence: number;
  /** Messages that the run will send; 0 = not known. */
  readonly messages: number;
  /** Recipients of the message. */
  readonly recipients: number;
  /** CRC-32 of the body (all after the empty line) in wire form. */
  readonly checksum: number;
  /** Recipient address; a `#` stands for the recipient's number, from 0. */
  readonly pattern: ByteString;
  /** When it was sent, or should have been: microseconds of the system's monotonic clock. Absent: not known. */
  readonly sentUs?: number;
}

/** The header line without its CR LF. */
export function formatLedgerMark(mark: LedgerMark): ByteString {
  const checksum = mark.checksum.toString(16).padStart(8, '0');
  return ledgerMarkLine(mark, `${mark.sequence}`, checksum, mark.sentUs === undefined ? '' : `${mark.sentUs}`);
}

/** The same from texts for what changes; numbers may have zeros before them. `sent` may be empty. */
export function ledgerMarkLine(
  { run, messages, recipients, pattern }: Pick<LedgerMark, 'run' | 'messages' | 'recipients' | 'pattern'>,
  sequence: ByteString,
  checksum: ByteString,
  sent: ByteString,
): ByteString {
  const when = sent === '' ? '' : ` ${sent}`;
  return `${ledgerHeaderName}${run} ${sequence} ${messages} ${recipients} ${checksum} ${pattern}${when}`;
}

/** Address of recipient `index` of a pattern. */
export function ledgerRecipient(pattern: ByteString, index: number): ByteString {
  return pattern.replace('#', `${index}`);
}

/** Number of a recipient within its message; undefined when the message was never meant for it. */
export function ledgerRecipientIndex(mark: LedgerMark, recipient: ByteString): number | undefined {
  const { pattern } = mark;
  const at = pattern.indexOf('#');
  if (at === -1) return recipient === pattern ? 0 : undefined;
  const stop = recipient.length - (pattern.length - at - 1);
  if (!recipient.startsWith(pattern.slice(0, at)) || !recipient.endsWith(pattern.slice(at + 1))) return undefined;
  const index = plainNumber(recipient, at, stop);
  return index < mark.recipients ? index : undefined;
}

/** The decimal number, at most seven digits without zeros before them, that stands between two indexes; NaN when there is none. */
function plainNumber(text: ByteString, from: number, stop: number): number {
  if (stop <= from || stop - from > 7 || (text[from] === '0' && stop - from > 1)) return Number.NaN;
  let value = 0;
  for (let at = from; at < stop; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * What became of one message for one recipient. Source: `a` accepted, `r` refused or left open.
 * Sink: `i` arrived intact, `x` arrived altered or for a stranger.
 */
export type LedgerVerdict = 'a' | 'r' | 'i' | 'x';

export interface LedgerRecord {
  readonly run: ByteString;
  readonly sequence: number;
  readonly recipient: number;
  readonly verdict: LedgerVerdict;
  /** Microseconds of the system's monotonic clock. */
  readonly us: number;
}

/** Octets of one record line, its LF included: all have the same length, so that a file's size tells their number. */
export const ledgerRecordLength = 47;

/** One record line as text. */
export function formatLedgerRecord(
  run: ByteString,
  sequence: number,
  recipient: number,
  verdict: LedgerVerdict,
  us: number,
): ByteString {
  const bytes = new Uint8Array(ledgerRecordLength);
  putLedgerRecord(bytes, 0, { run, sequence, recipient, verdict, us });
  return toByteString(bytes);
}

/** Writes one record line into `into` from index `at` on; the room must be there. `us` is whole. One a message: no strings are made. */
export function putLedgerRecord(into: Uint8Array, at: number, { run, sequence, recipient, verdict, us }: LedgerRecord): void {
  const space = 32;
  into.fill(space, at, at + ledgerRecordLength - 1);
  for (let i = 0; i < 8; i++) into[at + i] = run.charCodeAt(i);
  putNumber(into, at + 18, sequence);
  putNumber(into, at + 26, recipient);
  into[at + 28] = verdict.charCodeAt(0);
  putNumber(into, at + 45, us);
  into[at + 46] = LF;
}

/** Decimal digits, the last one at index `last`. */
function putNumber(into: Uint8Array, last: number, value: number): void {
  const zero = 48;
  let at = last;
  let left = value;
  do {
    const tenth = Math.floor(left / 10);
    into[at--] = zero + left - tenth * 10;
    left = tenth;
  } while (left > 0);
}

/** Reads one record line (with or without its LF); undefined when it is damaged. */
export function parseLedgerRecord(line: ByteString): LedgerRecord | undefined {
  const found = /^([0-9a-f]{8}) +(\d+) +(\d+) ([arix]) +(\d+)\n?$/.exec(line);
  if (found === null) return undefined;
  const [, run = '', sequence = '', recipient = '', verdict = '', us = ''] = found;
  return { run, sequence: Number(sequence), recipient: Number(recipient), verdict: verdict as LedgerVerdict, us: Number(us) };
}
