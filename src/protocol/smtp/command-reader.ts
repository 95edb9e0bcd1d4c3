/**
 * Cuts command lines out of received chunks: bounded, whatever the chunks' edges are. A line ends at LF, a CR before
 * it is dropped (spec smtpd.md §2). Keeps at most one unfinished line and nothing of one that is too long.
 */
import { CR, indexOfByte, LF, toByteString } from '../bytes.js';
import type { ByteString } from '../mail.js';

/** `more`: no line end in sight. `long`: a line over the limit was thrown away. `lf`: a bare LF where none is allowed. */
export type LineResult = { readonly text: ByteString } | 'more' | 'long' | 'lf';

export class CommandReader {
  /** Index after the last byte used. */
  position = 0;
  /**
   * Set once a message was transferred: from then on lines must end CR LF. A client that sends whole groups ahead and
   * ends lines differently than its own sender thought is how a message is made into two. A client whose
   * DATA ended with a bare LF ends them all so: qmail takes that, and its lines are what it meant to say.
   */
  private strict = false;
  private plain = false;

  private readonly limit: number;
  private kept: ByteString = '';
  private skipping = false;

  /** @param limit longest line in octets, line end included */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** The next line in `chunk` from index `from` on. */
  read(chunk: Uint8Array, from: number): LineResult {
    const end = indexOfByte(chunk, LF, from);
    const stop = end < 0 ? chunk.length : end;
    this.position = end < 0 ? stop : end + 1;
    if (this.skipping || this.kept.length + stop - from >= this.limit) {
      this.skipping = end < 0;
      this.kept = '';
      return end < 0 ? 'more' : 'long';
    }
    // Nearly every line is whole and ends CR LF.
    if (end > from && this.kept === '' && chunk[end - 1] === CR) {
      this.plain = false;
      return { text: toByteString(chunk, from, end - 1) };
    }
    const line = this.kept + toByteString(chunk, from, stop);
    if (end < 0) {
      this.kept = line;
      return 'more';
    }
    this.kept = '';
    this.plain = !line.endsWith('\r');
    if (!this.plain) return { text: line.slice(0, -1) };
    return this.strict ? 'lf' : { text: line };
  }

  /** The line read last was DATA, a message comes. */
  beforeMessage(): void {
    this.strict = !this.plain;
  }
}
