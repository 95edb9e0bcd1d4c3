/**
 * A small message as POP3 sends it, made of its text at once by the engine's own search and replace: the same octets as
 * MessageOctets makes piece by piece. For messages that fit in memory many times; reads nothing itself.
 */
import type { ByteString } from '../mail.js';

const ending = '\r\n.\r\n';

/** `text` as it lies in its file, with the empty line and the dot at its end; of its body `lines` lines, all when undefined. */
export function wholeMessage(text: ByteString, lines: number | undefined): ByteString {
  const wanted = lines === undefined ? text : text.slice(0, endOfLines(text, lines));
  const stuffed = withDots(wanted).replace(/\n/g, '\r\n');
  return wanted === '' || wanted.endsWith('\n') ? stuffed + ending : `${stuffed}\r\n${ending}`;
}

function withDots(text: ByteString): ByteString {
  const within = text.includes('\n.') ? text.replace(/\n\./g, '\n..') : text;
  return within.startsWith('.') ? `.${within}` : within;
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
