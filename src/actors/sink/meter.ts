/**
 * Takes one message in wire form piece by piece and finds its ledger mark and the checksum of its body.
 * Holds at most the header; bodies pass through.
 */
import { crc32 } from 'node:zlib';
import { CR, fromByteString, indexOfByte, LF } from '../../protocol/bytes.js';
import { type LedgerMark, ledgerHeaderName } from '../../protocol/ledger.js';
import { LedgerMarkReader, parseLedgerMark } from '../../protocol/ledger-mark-reader.js';

/** Octets of header that are searched for a mark. */
const mostHeader = 65_536;
const emptyLineLength = 4;
/** A line that goes on: some servers fold long ones. */
const fold = / *\r\n[\t ]+/g;
const [space, tab] = [32, 9];
const headerName = fromByteString(ledgerHeaderName);
/** One a thread: all marks of a run share its texts. */
const reader = new LedgerMarkReader();

export class MessageMeter {
  #header: Uint8Array | undefined;
  #inHeader = true;
  #mark: LedgerMark | undefined;
  #checksum = 0;

  take(bytes: Uint8Array): void {
    // The checksum of nothing would begin anew: an empty array may have no memory behind it (zlib.crc32 takes that for a reset).
    if (bytes.length === 0) return;
    if (this.#inHeader) this.#takeHeader(bytes);
    else if (this.#mark !== undefined) this.#checksum = crc32(bytes, this.#checksum);
  }

  /** The message is complete: its mark, and whether the body is the one that the mark speaks of. Starts afresh. */
  finish(): { readonly mark: LedgerMark; readonly intact: boolean } | undefined {
    const mark = this.#mark;
    const intact = mark !== undefined && mark.checksum === this.#checksum;
    this.reset();
    return mark === undefined ? undefined : { mark, intact };
  }

  reset(): void {
    this.#header = undefined;
    this.#inHeader = true;
    this.#mark = undefined;
    this.#checksum = 0;
  }

  #takeHeader(bytes: Uint8Array): void {
    const header = this.#header === undefined ? bytes : Buffer.concat([this.#header, bytes]);
    const end = indexOfEmptyLine(header);
    if (end === -1 && header.length <= mostHeader) {
      // Held bytes are a copy: the piece is only a view of the socket's chunk.
      this.#header = header === bytes ? new Uint8Array(bytes) : header;
      return;
    }
    this.#mark ??= markIn(header, end === -1 ? header.length : end);
    this.#inHeader = end === -1 && this.#mark !== undefined;
    // Of a longer one only what could be the beginning of the empty line.
    this.#header = this.#inHeader ? new Uint8Array(header.subarray(1 - emptyLineLength)) : undefined;
    if (end === -1 || this.#mark === undefined || end + emptyLineLength >= header.length) return;
    this.#checksum = crc32(header.subarray(end + emptyLineLength), 0);
  }
}

/** Of CR LF CR LF, or -1. */
function indexOfEmptyLine(bytes: Uint8Array): number {
  // An octet that is neither CR nor LF cannot be the last of the four, nor one of those before it.
  for (let at = emptyLineLength - 1; at < bytes.length; ) {
    const octet = bytes[at];
    if (octet === CR) at++;
    else if (octet !== LF) at += emptyLineLength;
    else if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at - 3;
    else at += 2;
  }
  return -1;
}

/** The first one counts: a message that was marked before has another one below. */
function markIn(header: Uint8Array, end: number): LedgerMark | undefined {
  const start = indexOfName(header, end);
  if (start === -1) return undefined;
  const from = start + headerName.length;
  const lineEnd = indexOfByte(header, CR, from);
  if (lineEnd === -1) return undefined;
  if (!goesOn(header, lineEnd, end)) return reader.read(header, from, lineEnd);
  let last = lineEnd;
  while (last !== -1 && goesOn(header, last, end)) last = indexOfByte(header, CR, last + 1);
  return last === -1 ? undefined : parseLedgerMark(textOf(header, from, last).replace(fold, ' '));
}

/** Behind the line that ends there comes more of it. */
function goesOn(header: Uint8Array, lineEnd: number, end: number): boolean {
  return lineEnd < end && (header[lineEnd + 2] === space || header[lineEnd + 2] === tab);
}

/** Where nothing was put above it, it is at the beginning. */
function indexOfName(header: Uint8Array, end: number): number {
  let same = 0;
  while (same < headerName.length && header[same] === headerName[same]) same++;
  return same === headerName.length ? 0 : textOf(header, 0, end).indexOf(ledgerHeaderName);
}

/** Of the header alone: a large body may be behind it. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}
