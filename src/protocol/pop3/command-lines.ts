/**
 * Cuts what a POP3 client sends into commands, however the pieces fall: each ends with LF, a CR before it is dropped, and
 * what follows a NUL is not looked at, as in qmail. Holds one line of bounded length and never looks ahead.
 */
import { concatBytes, copyOf, indexOfByte, LF, toByteString } from '../bytes.js';
import type { ByteString } from '../mail.js';

/** Octets of the longest line that is kept, its end not counted (RFC 2449 §4 asks for 255). */
export const longestLine = 4_096;

export interface Command {
  /** Upper case. */
  readonly verb: ByteString;
  /** The rest of the line without the blanks before it. */
  readonly argument: ByteString;
}

const none = new Uint8Array(0);

export class CommandLines {
  #held: Uint8Array = none;
  /** It is memory of its own. */
  #own = true;
  /** The line under way is too long: everything up to its end is dropped. */
  #dropping = false;

  /** `piece` is valid until it is used up by `next`, or `retain` is called. */
  receive(piece: Uint8Array): void {
    this.#own = this.#held.length > 0;
    this.#held = this.#own ? concatBytes([this.#held, piece]) : piece;
  }

  /** The next command; `long` for a line that was dropped; undefined when there is no whole line. */
  next(): Command | 'long' | undefined {
    const end = indexOfByte(this.#held, LF);
    if (end < 0) {
      if (this.#held.length > longestLine) this.#dropping = true;
      if (this.#dropping) this.#held = none;
      return undefined;
    }
    const line = this.#held.subarray(0, end);
    this.#held = this.#held.subarray(end + 1);
    const long = this.#dropping || end > longestLine + 1;
    this.#dropping = false;
    return long ? 'long' : parseCommand(toByteString(line));
  }

  /** Keeps what is left in memory of its own. */
  retain(): void {
    if (this.#held.length === 0) this.#held = none;
    else if (!this.#own) this.#held = copyOf(this.#held);
    this.#own = true;
  }

  /** What was received and not used, still kept here. */
  get held(): Uint8Array {
    return this.#held;
  }

  /** What was received and not used: it belongs to whoever speaks with the client next. */
  rest(): Uint8Array {
    const left = this.#held;
    this.#held = none;
    return left;
  }
}

function parseCommand(line: ByteString): Command {
  const ended = line.endsWith('\r') ? line.slice(0, -1) : line;
  const nul = ended.indexOf('\0');
  const text = nul < 0 ? ended : ended.slice(0, nul);
  const blank = text.indexOf(' ');
  const verb = blank < 0 ? text : text.slice(0, blank);
  return { verb: upper(verb), argument: blank < 0 ? '' : text.slice(blank).replace(/^ +/, '') };
}

/** Only A to Z: latin1 letters are no letters here. */
const upper = (verb: ByteString): ByteString => (/^[\x00-\x7f]*$/.test(verb) ? verb.toUpperCase() : verb);
