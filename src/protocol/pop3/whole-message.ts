/**
 * A message as POP3 sends it, made of its text by the engine's own search and replace: the same octets as MessageOctets makes,
 * several times as fast. Keeps no text; reads nothing itself.
 */
import type { ByteString } from '../mail.js';

const ending = '\r\n.\r\n';

/** A whole message piece by piece, in order. */
export class MessageText {
  #lineStart = true;

  /** `text` as it lies in its file. */
  next(text: ByteString): ByteString {
    if (text === '') return '';
    const within = text.includes('\n.') ? text.replace(/\n\./g, '\n..') : text;
    const stuffed = this.#lineStart && within.startsWith('.') ? `.${within}` : within;
    this.#lineStart = text.endsWith('\n');
    return stuffed.replace(/\n/g, '\r\n');
  }

  /** What comes after the last piece: the end of its line, an empty line, the dot. */
  end(): ByteString {
    return this.#lineStart ? ending : `\r\n${ending}`;
  }
}

/** A message at once. `text` as it lies in its file, with the empty line and the dot at its end; of its body `lines` lines, all when undefined. */
export function wholeMessage(text: ByteString, lines: number | undefined): ByteString {
  const wanted = lines === undefined ? text : text.slice(0, endOfLines(text, lines));
  const message = new MessageText();
  return message.next(wanted) + message.end();
}

/** Where the header, the empty line and so many lines end. */
function endOfLines(text: ByteString, lines: number): number {
  let at = text.startsWith('\n') ? 0 : text.indexOf('\n\n') + 1;
  if (at === 0 && !text.startsWith('\n')) return text.length;
  for (let left = lines; left >= 0; left--) {
    at = text.indexOf('\n', at) + 1;
    if (at === 0) return text.length;
  }
  return at;
}
