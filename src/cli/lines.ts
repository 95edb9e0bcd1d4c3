/**
 * Lines of a descriptor as octets without their line feed, of bounded length: what is longer comes in pieces. A last line
 * without line feed counts.
 */
import type { ByteString } from '../protocol/mail.js';
import type { Call } from './call.js';
import { pieces } from './pieces.js';

export interface LinePiece {
  readonly text: ByteString;
  /** False: the line goes on with the next piece. */
  readonly ends: boolean;
  /** A line feed stands behind it. */
  readonly feed: boolean;
  /** False: it continues the piece before. */
  readonly begins: boolean;
}

/** All lines of one read at a time; `longest` octets at most a piece. */
export async function* lines(call: Call, n: number, longest: number): AsyncGenerator<readonly LinePiece[], void, void> {
  let kept = '';
  let begins = true;
  for await (const piece of pieces(call, n)) {
    const found: LinePiece[] = [];
    const parts = (kept + piece.toString('latin1')).split('\n');
    kept = parts.pop() ?? '';
    for (const text of parts) {
      found.push({ text, ends: true, feed: true, begins });
      begins = true;
    }
    while (kept.length > longest) {
      found.push({ text: kept.slice(0, longest), ends: false, feed: false, begins });
      kept = kept.slice(longest);
      begins = false;
    }
    if (found.length > 0) yield found;
  }
  if (kept !== '' || !begins) yield [{ text: kept, ends: true, feed: false, begins }];
}
