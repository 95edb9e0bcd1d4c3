/**
 * Reads ledger marks out of octets: one for each message of a sink at full speed, so texts that were in the mark before are
 * not made again. What a mark says stands in ledger.ts.
 */
import { fromByteString } from './bytes.js';
import { type LedgerMark, ledgerPatternLength } from './ledger.js';
import type { ByteString } from './mail.js';

const [tab, carriageReturn, space, zero, lowerA, noBreakSpace] = [9, 13, 32, 48, 97, 160];
const runDigits = 8;

export class LedgerMarkReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #stop = 0;
  #run: ByteString = '';
  #pattern: ByteString = '';

  /** Reads what follows the header's name, in `bytes` from `from` up to `to`; undefined when it is not a mark. */
  read(bytes: Uint8Array, from: number, to: number): LedgerMark | undefined {
    this.#bytes = bytes;
    this.#at = from;
    this.#stop = to;
    while (this.#stop > from && isSpace(bytes[this.#stop - 1] as number)) this.#stop--;
    if (this.#hexadecimal() < 0) return undefined;
    this.#run = this.#text(from, from + runDigits, this.#run);
    const sequence = this.#decimal(9);
    const messages = this.#decimal(9);
    const recipients = this.#decimal(6);
    const checksum = this.#hexadecimal();
    if (sequence < 0 || messages < 0 || recipients < 0 || checksum < 0 || !this.#word(ledgerPatternLength)) return undefined;
    const run = this.#run;
    const pattern = this.#pattern;
    // Written out twice: an object copied with one more field is of another kind for the engine each time (a tenth of a sink's time).
    if (this.#isOver) return { run, sequence, messages, recipients, checksum, pattern };
    const sentUs = this.#decimal(15);
    return sentUs >= 0 && this.#isOver ? { run, sequence, messages, recipients, checksum, pattern, sentUs } : undefined;
  }

  /** The word read last was the last one. */
  get #isOver(): boolean {
    return this.#at === this.#stop + 1;
  }

  /** A number of at most so many digits, or -1. */
  #decimal(most: number): number {
    const from = this.#at;
    const stop = Math.min(this.#stop, from + most);
    let at = from;
    let value = 0;
    for (; at < stop; at++) {
      const digit = (this.#bytes[at] as number) - zero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#at = at;
    return at > from && this.#ended() ? value : -1;
  }

  /** A number of eight digits in lower case, or -1. */
  #hexadecimal(): number {
    const stop = this.#at + runDigits;
    if (stop > this.#stop) return -1;
    let value = 0;
    for (; this.#at < stop; this.#at++) {
      const octet = this.#bytes[this.#at] as number;
      const isDigit = octet >= zero && octet < zero + 10;
      if (!isDigit && !(octet >= lowerA && octet < lowerA + 6)) return -1;
      value = value * 16 + octet - (isDigit ? zero : lowerA - 10);
    }
    return this.#ended() ? value : -1;
  }

  /** At least one octet that is no space of any kind, the pattern; false: there is none. */
  #word(most: number): boolean {
    const from = this.#at;
    while (this.#at < this.#stop && !isSpace(this.#bytes[this.#at] as number)) this.#at++;
    const to = this.#at;
    if (to === from || to - from > most || !this.#ended()) return false;
    this.#pattern = this.#text(from, to, this.#pattern);
    return true;
  }

  /** `known` when the octets say the same. */
  #text(from: number, to: number, known: ByteString): ByteString {
    const length = to - from;
    let same = length === known.length;
    for (let i = 0; same && i < length; i++) same = this.#bytes[from + i] === known.charCodeAt(i);
    return same ? known : String.fromCharCode(...this.#bytes.subarray(from, to));
  }

  /** Goes over the one space behind a word. */
  #ended(): boolean {
    const at = this.#at++;
    return at === this.#stop || this.#bytes[at] === space;
  }
}

/** Reads what follows the header's name up to the line's end; undefined when it is not a mark. */
export function parseLedgerMark(value: ByteString): LedgerMark | undefined {
  const bytes = fromByteString(value);
  return new LedgerMarkReader().read(bytes, 0, bytes.length);
}

function isSpace(octet: number): boolean {
  return octet === space || (octet >= tab && octet <= carriageReturn) || octet === noBreakSpace;
}
