/**
 * Finds the end of a message in the bytes after DATA and measures the message on the way, in one pass and without
 * copying: pieces are views of the chunks, still in wire form. The only end is CR LF . CR LF (RFC 5321 §4.1.1.4);
 * a bare LF or CR ends the scan, because each server that is lenient there can be made to see two messages in one.
 * Knows nothing of replies or limits.
 */
import { CR, DOT, LF } from '../bytes.js';

/** `more`: all bytes used. `end`: the final dot was seen. `lf`, `cr`: a bare one was met. */
export type ScanResult = 'more' | 'end' | 'lf' | 'cr';

const received = [...'received'].map((letter) => letter.charCodeAt(0));
const delivered = [...'delivered'].map((letter) => letter.charCodeAt(0));

const dotPiece = Uint8Array.of(DOT);
const crlfPiece = Uint8Array.of(CR, LF);
const spacePiece = Uint8Array.of(32);

/** Where the scan stands between two chunks; the octets named after "held" were seen and not yet given out. */
const atLineStart = 0;
const inText = 1;
const heldDot = 2;
const heldDotCr = 3;
const heldCr = 4;

export class BodyScanner {
  /** Header lines that begin with received or delivered (spec smtpd.md §2.7). */
  hops = 0;
  /** Index after the last byte used of the chunk scanned last. */
  position = 0;

  private readonly replaceCr: boolean;
  private readonly maxHeader: number;
  private state = atLineStart;
  /** Octets of all chunks before the present one. */
  private before = 0;
  private lines = 0;
  private dots = 0;
  private total = 0;
  private inHeader = true;
  /** Octets of the present header line that matched `word`, or -1 when it can match no more. */
  private matched = 0;
  private word: readonly number[] = received;
  /** The held CR stands at the start of its line: with a LF it makes the empty line after the header. */
  private emptyLine = false;

  /** @param maxHeader octets after which header lines are no longer counted as hops */
  constructor(barecr: 'reject' | 'space', maxHeader: number) {
    this.replaceCr = barecr === 'space';
    this.maxHeader = maxHeader;
  }

  /** Octets of the message so far as they stand on the wire, without the final dot line. */
  get wireSize(): number {
    return this.total;
  }

  /** The same with LF line ends and without the leading dots that SMTP adds. */
  get unixSize(): number {
    return this.total - this.lines - this.dots;
  }

  /** Scans `bytes` from index `from`; appends the message's pieces to `pieces`. */
  scan(bytes: Uint8Array, from: number, pieces: Uint8Array[]): ScanResult {
    const offset = this.before - from;
    this.before += bytes.length - from;
    let at = from;
    while (this.state > inText) {
      if (at >= bytes.length) {
        this.position = at;
        return 'more';
      }
      const result = this.resolveHeld(bytes[at] as number, pieces);
      if (result === 'used') at++;
      else if (result !== 'kept') {
        this.position = at + 1;
        return result;
      }
    }
    return this.scanRun(bytes, at, offset, pieces);
  }

  /** Decides about held octets by the octet that follows them: `used` with it, `kept` without. */
  private resolveHeld(octet: number, pieces: Uint8Array[]): ScanResult | 'used' | 'kept' {
    if (this.state === heldDot) {
      if (octet === LF) return 'lf';
      if (octet === CR) {
        this.state = heldDotCr;
        return 'used';
      }
      this.keepDot(pieces);
      return 'kept';
    }
    if (octet === LF) {
      if (this.state === heldDotCr) return 'end';
      pieces.push(crlfPiece);
      this.total += 2;
      this.lines++;
      if (this.emptyLine) this.inHeader = false;
      this.matched = 0;
      this.state = atLineStart;
      return 'used';
    }
    if (!this.replaceCr) return 'cr';
    if (this.state === heldDotCr) this.keepDot(pieces);
    pieces.push(spacePiece);
    this.total++;
    this.matched = -1;
    this.state = inText;
    return 'kept';
  }

  private keepDot(pieces: Uint8Array[]): void {
    pieces.push(dotPiece);
    this.total++;
    this.dots++;
    this.matched = -1;
    this.state = inText;
  }

  /** Gives out the run of message octets from `start` up to `end` and leaves the scan at `position`. */
  private leave(bytes: Uint8Array, start: number, end: number, position: number, state: number, pieces: Uint8Array[]): void {
    if (end > start) {
      pieces.push(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
      this.total += end - start;
    }
    this.position = position;
    this.state = state;
  }

  /** The fast part: everything from a line start or from inside a line. `offset` + index = octet number of the message. */
  private scanRun(bytes: Uint8Array, from: number, offset: number, pieces: Uint8Array[]): ScanResult {
    const length = bytes.length;
    let start = from;
    let at = from;
    let lineBegin = this.state === atLineStart ? at : -1;
    let fresh = lineBegin >= 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    while (at < length) {
      if (fresh) {
        fresh = false;
        if (this.inHeader && offset + at > this.maxHeader) this.inHeader = false;
        if (bytes[at] === DOT) {
          if (at + 1 === length || bytes[at + 1] === CR || bytes[at + 1] === LF) {
            const result = this.dotLine(bytes, start, at, pieces);
            if (result !== 'cr' || !this.replaceCr) return result;
            this.leave(bytes, at, at + 1, at + 1, inText, pieces);
            start = at + 1;
          }
          this.dots++;
          this.matched = -1;
          at++;
        }
      }
      if (this.inHeader && this.matched >= 0) at = this.matchHop(bytes, at);
      if (!this.inHeader) at = this.skipLines(bytes, view, at);
      while (at < length && (bytes[at] as number) > CR) at++;
      if (at >= length) break;
      const octet = bytes[at];
      if (octet === CR) {
        if (at + 1 === length) {
          this.emptyLine = at === lineBegin;
          this.leave(bytes, start, at, length, heldCr, pieces);
          return 'more';
        }
        if (bytes[at + 1] === LF) {
          if (at === lineBegin) this.inHeader = false;
          at += 2;
          this.lines++;
          this.matched = 0;
          lineBegin = at;
          fresh = true;
          continue;
        }
        this.leave(bytes, start, at, at + 1, inText, pieces);
        if (!this.replaceCr) return 'cr';
        pieces.push(spacePiece);
        this.total++;
        this.matched = -1;
        start = ++at;
      } else if (octet === LF) {
        this.leave(bytes, start, at, at + 1, inText, pieces);
        return 'lf';
      } else at++;
    }
    this.leave(bytes, start, length, length, fresh ? atLineStart : inText, pieces);
    return 'more';
  }

  /** The hot loop, after the header: whole lines that need no thought, up to the first octet that does. */
  private skipLines(bytes: Uint8Array, view: DataView, from: number): number {
    // Local names: an imported one is read through its module at each use, half again as slow (measured).
    const cr = CR;
    const lf = LF;
    const dot = DOT;
    const stop = bytes.length - 2;
    let at = from;
    let lines = 0;
    for (;;) {
      at = nextControl(bytes, view, at, stop);
      if (at >= stop) break;
      const octet = bytes[at];
      if (octet !== cr) {
        if (octet === lf) break;
        at++;
        continue;
      }
      if (bytes[at + 1] !== lf || bytes[at + 2] === dot) break;
      at += 2;
      lines++;
    }
    this.lines += lines;
    return at;
  }

  /** A dot at a line's start, at index `at`, that is the chunk's last octet or followed by CR or LF. */
  private dotLine(bytes: Uint8Array, start: number, at: number, pieces: Uint8Array[]): ScanResult {
    const length = bytes.length;
    if (at + 1 === length) {
      this.leave(bytes, start, at, length, heldDot, pieces);
      return 'more';
    }
    if (bytes[at + 1] === LF) {
      this.leave(bytes, start, at, at + 2, inText, pieces);
      return 'lf';
    }
    if (at + 2 === length) {
      this.leave(bytes, start, at, length, heldDotCr, pieces);
      return 'more';
    }
    this.leave(bytes, start, at, at + 3, inText, pieces);
    return bytes[at + 2] === LF ? 'end' : 'cr';
  }

  /** Compares the line's octets with the two hop words, any case; answers the index where the comparison stopped. */
  private matchHop(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const letter = (bytes[at] as number) | 32;
      if (this.matched === 0) this.word = letter === delivered[0] ? delivered : received;
      if (letter !== this.word[this.matched]) {
        this.matched = -1;
        return at;
      }
      at++;
      if (++this.matched === this.word.length) {
        this.hops++;
        this.matched = -1;
        return at;
      }
    }
    return at;
  }
}

/**
 * Index of the first octet from 0 to 13 in `from` … `stop` - 1, or `stop` (or `from` when that is behind it). Nearly every
 * octet of mail is above 13, so sixteen are judged at a time: in (word - 14 in each octet) & ~word the top bit of the
 * lowest octet below 14 is set, and none is when there is no such octet (a borrow comes only from one).
 */
function nextControl(bytes: Uint8Array, view: DataView, from: number, stop: number): number {
  const most = CR;
  const limits = 0x0e0e0e0e;
  const tops = 0x80808080;
  let at = from;
  for (const last = stop - 16; at <= last; at += 16) {
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    const first = (a - limits) & ~a;
    const second = (b - limits) & ~b;
    const third = (c - limits) & ~c;
    if (((first | second | third | ((d - limits) & ~d)) & tops) === 0) continue;
    if ((first & tops) !== 0) return at + lowest(first & tops);
    if ((second & tops) !== 0) return at + 4 + lowest(second & tops);
    if ((third & tops) !== 0) return at + 8 + lowest(third & tops);
    return at + 12 + lowest((d - limits) & ~d & tops);
  }
  while (at < stop && (bytes[at] as number) > most) at++;
  return at;
}

/** Number (0 to 3) of the octet that holds the lowest set bit. */
function lowest(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}
