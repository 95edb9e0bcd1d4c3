/**
 * Takes one message in wire form piece by piece and finds its ledger mark and the checksum of its body.
 * Holds at most the header; bodies pass through.
 */
import { crc32 } from 'node:zlib';
import { CR } from '../../protocol/bytes.js';
import { type LedgerMark, ledgerHeaderName, parseLedgerMark } from '../../protocol/ledger.js';

/** Octets of header that are searched for a mark. */
const mostHeader = 65_536;
const emptyLine = Buffer.from('\r\n\r\n');
/** A line that goes on: some servers fold long ones. */
const fold = / *\r\n[\t ]+/g;
const [space, tab] = [32, 9];
const headerName = Buffer.from(ledgerHeaderName);

export class MessageMeter {
  #header: Buffer | undefined;
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
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Held bytes are a copy: the piece is only a view of the socket's chunk.
    const header = this.#header === undefined ? piece : Buffer.concat([this.#header, piece]);
    const end = header.indexOf(emptyLine);
    if (end === -1 && header.length <= mostHeader) {
      this.#header = header === piece ? Buffer.from(piece) : header;
      return;
    }
    this.#findMark(header, end === -1 ? header.length : end);
    this.#inHeader = end === -1 && this.#mark !== undefined;
    // Of a longer one only what could be the beginning of the empty line.
    this.#header = this.#inHeader ? Buffer.from(header.subarray(1 - emptyLine.length)) : undefined;
    if (end !== -1 && this.#mark !== undefined) this.#checksum = crc32(header.subarray(end + emptyLine.length), 0);
  }

  /** The first one counts: a message that was marked before has another one below. */
  #findMark(header: Buffer, end: number): void {
    if (this.#mark !== undefined) return;
    const start = header.indexOf(headerName);
    if (start === -1 || start > end) return;
    let lineEnd = header.indexOf(CR, start);
    while (lineEnd !== -1 && lineEnd < end && (header[lineEnd + 2] === space || header[lineEnd + 2] === tab))
      lineEnd = header.indexOf(CR, lineEnd + 1);
    if (lineEnd === -1) return;
    const text = header.toString('latin1', start + headerName.length, lineEnd);
    this.#mark = parseLedgerMark(text.includes('\r') ? text.replace(fold, ' ') : text);
  }
}
