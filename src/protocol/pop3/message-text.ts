/**
 * A message as POP3 sends it, piece by piece: LF becomes CR LF, a dot at the begin of a line is doubled (RFC 1939 §3), and
 * TOP ends after so many lines of the body. As in qmail an empty line comes before the final dot. All by the engine's own
 * search and replace. Keeps no text; reads nothing itself.
 */
import type { ByteString } from '../mail.js';

const ending = '\r\n.\r\n';

export class MessageText {
  readonly #limit: number | undefined;
  /** Lines of the body that may still be sent; undefined in the header. */
  #left: number | undefined;
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

  /** `text` as it lies in its file. */
  next(text: ByteString): ByteString {
    const wanted = this.#limit === undefined ? text : text.slice(0, this.#wanted(text, this.#limit));
    if (wanted === '') return '';
    const within = wanted.includes('\n.') ? wanted.replace(/\n\./g, '\n..') : wanted;
    const stuffed = this.#lineStart && within.startsWith('.') ? `.${within}` : within;
    this.#lineStart = wanted.endsWith('\n');
    return stuffed.replace(/\n/g, '\r\n');
  }

  /** How much of the text belongs to the header, the empty line and the first `limit` lines. */
  #wanted(text: ByteString, limit: number): number {
    let at = 0;
    if (this.#left === undefined) {
      at = this.#bodyIn(text);
      if (at < 0) return text.length;
      this.#left = limit;
    }
    for (; this.#left > 0; this.#left--) {
      const end = text.indexOf('\n', at);
      if (end < 0) return text.length;
      at = end + 1;
    }
    this.#over = true;
    return at;
  }

  /** Where the first empty line ends; -1: not in this piece. */
  #bodyIn(text: ByteString): number {
    if (this.#lineStart && text.startsWith('\n')) return 1;
    const blank = text.indexOf('\n\n');
    return blank < 0 ? -1 : blank + 2;
  }

  /** What comes after the last piece: the end of its line, an empty line, the dot. */
  end(): ByteString {
    return this.#lineStart ? ending : `\r\n${ending}`;
  }
}

/** A message at once. `text` as it lies in its file, with the empty line and the dot at its end; of its body `lines` lines, all when undefined. */
export function wholeMessage(text: ByteString, lines: number | undefined): ByteString {
  const message = new MessageText(lines);
  return message.next(text) + message.end();
}
