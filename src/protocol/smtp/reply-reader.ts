/**
 * Reads a server's replies out of received chunks, with bounds, and judges their codes as qmail does (spec remote.md §5):
 * the first line's code counts, a `-` in its fourth place announces another line.
 */
import { copyOf, indexOfByte, LF, toByteString } from '../bytes.js';
import type { ByteString } from '../mail.js';

export interface Reply {
  /** From the first three octets by qmail's arithmetic: 100 to 599 for real codes, anything else for garbage. */
  readonly code: number;
  /** The first three octets are digits. */
  readonly wellFormed: boolean;
  /** All lines, each ended by LF, without CR, NUL as `?`; at most 5000 octets. */
  readonly text: ByteString;
}

/** Octets of reply text that are kept (qmail's limit); what comes beyond is read and dropped. */
const maxText = 5000;
/** A reply longer than this many octets is no reply any more. */
const maxReply = 262144;

function codeOf(line: ByteString): number {
  const zero = 48;
  return (line.charCodeAt(0) - zero) * 100 + (line.charCodeAt(1) - zero) * 10 + (line.charCodeAt(2) - zero);
}

function isNumbered(line: ByteString): boolean {
  const [zero, nine] = [48, 57];
  for (let i = 0; i < 3; i++) {
    const digit = line.charCodeAt(i);
    // Too short a line has NaN here.
    if (!(digit >= zero && digit <= nine)) return false;
  }
  return true;
}

/** Refused for good; an unreadable code counts as such, as in qmail. */
export function isPermanent(code: number): boolean {
  return code >= 500 || code < 0;
}

export function isRefusal(code: number): boolean {
  return code >= 400 || code < 0;
}

export class ReplyReader {
  private chunks: Uint8Array[] = [];
  private position = 0;
  private partial: ByteString = '';
  private text: ByteString = '';
  private first: ByteString | undefined;
  private octets = 0;

  receive(chunk: Uint8Array): void {
    if (chunk.length > 0) this.chunks.push(chunk);
  }

  /** Copies what is held of chunks: their memory may be used again. */
  retain(): void {
    for (let i = 0; i < this.chunks.length; i++) {
      this.chunks[i] = copyOf(this.chunks[i] as Uint8Array, i === 0 ? this.position : 0);
    }
    this.position = 0;
  }

  /** Bytes have come that belong to no reply asked for. */
  get ahead(): boolean {
    return this.chunks.length > 0 || this.partial !== '' || this.first !== undefined;
  }

  /** The next whole reply; undefined: not all there; 'broken': no SMTP server talks like that. */
  next(): Reply | undefined | 'broken' {
    for (;;) {
      const line = this.line();
      if (line === undefined) return this.octets > maxReply ? 'broken' : undefined;
      // qmail reads on for the missing octets until the time limit; the outcome is the same.
      if (line.length < 3) return 'broken';
      this.keep(line);
      this.first ??= line;
      if (line[3] === '-') continue;
      const { first, text } = this;
      this.first = undefined;
      this.text = '';
      this.octets = 0;
      return { code: codeOf(first), wellFormed: isNumbered(first), text };
    }
  }

  private keep(line: ByteString): void {
    if (this.text.length >= maxText) return;
    // Nearly every line ends with its only CR.
    const isPlain = line.indexOf('\r') === line.length - 1 && !line.includes('\0');
    const clean = isPlain ? line.slice(0, -1) : line.replace(/\r/g, '').replace(/\0/g, '?');
    const text = `${this.text}${clean}\n`;
    this.text = text.length > maxText ? text.slice(0, maxText) : text;
  }

  /** The next line without LF, its CR kept; of an overlong one only the beginning is kept. */
  private line(): ByteString | undefined {
    for (;;) {
      const chunk = this.chunks[0];
      if (chunk === undefined) return undefined;
      const end = indexOfByte(chunk, LF, this.position);
      const stop = end < 0 ? chunk.length : end;
      this.octets += stop - this.position + 1;
      const room = maxText + 8 - this.partial.length;
      if (room > 0) this.partial += toByteString(chunk, this.position, Math.min(stop, this.position + room));
      this.position = stop + 1;
      if (this.position >= chunk.length) {
        this.chunks.shift();
        this.position = 0;
      }
      if (end < 0) continue;
      const line = this.partial;
      this.partial = '';
      return line;
    }
  }
}
