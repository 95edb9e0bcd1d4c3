/**
 * A message as POP3 sends it, piece by piece: LF becomes CR LF, a dot at the begin of a line is doubled (RFC 1939 §3), and
 * TOP ends after so many lines of the body. As in qmail an empty line comes before the final dot. Reads nothing itself.
 */
import { DOT, LF } from '../bytes.js';

const CR = 13;
const ending = Uint8Array.of(CR, LF, DOT, CR, LF);
const lineAndEnding = Uint8Array.of(CR, LF, ...ending);

export class MessageOctets {
  /** Lines of the body that may still be sent; undefined in the header, and without a limit. */
  #left: number | undefined;
  readonly #limit: number | undefined;
  #lineStart = true;
  #over = false;

  /** `lines` of the body; undefined: all. */
  constructor(lines: number | undefined) {
    this.#limit = lines;
  }

  /** Nothing more is wanted: the lines asked for are complete. */
  get over(): boolean {
    return this.#over;
  }

  /** `into` has room for twice the piece; answers how much of it was written. */
  encode(piece: Uint8Array, into: Uint8Array): number {
    let size = 0;
    for (let from = 0; from < piece.length; ) {
      if (this.#lineStart) {
        if (this.#left === 0) this.#over = true;
        if (this.#over) break;
        if (piece[from] === DOT) into[size++] = DOT;
      }
      const end = piece.indexOf(LF, from);
      const upTo = end < 0 ? piece.length : end;
      into.set(piece.subarray(from, upTo), size);
      size += upTo - from;
      if (end < 0) {
        this.#lineStart = false;
        break;
      }
      into[size++] = CR;
      into[size++] = LF;
      this.#ended(this.#lineStart && end === from);
      from = end + 1;
    }
    return size;
  }

  #ended(empty: boolean): void {
    this.#lineStart = true;
    if (this.#left !== undefined) this.#left -= 1;
    else if (empty) this.#left = this.#limit;
  }

  /** What comes after the last piece. */
  end(): Uint8Array {
    return this.#lineStart ? ending : lineAndEnding;
  }
}
