/**
 * The message on descriptor 0 of a submission command: its header as text, its body in pieces. Bounded: the
 * header has a largest size, of the body one piece is held at a time.
 */
import type { ByteString } from '../../protocol/mail.js';
import { type SplitMessage, splitHeader } from '../../protocol/message/header-lines.js';
import type { Call } from '../call.js';
import { pieces } from '../pieces.js';
import { InjectTrouble } from './words.js';

/** Octets of a header; beyond it the message is refused. */
const largestHeader = 64 * 1024 * 1024;
const lineFeed = 10;

export type MessageIn = AsyncIterator<Buffer, void>;

export const messageIn = (call: Call): MessageIn => pieces(call, 0);

async function nextPiece(input: MessageIn): Promise<Buffer | undefined> {
  try {
    const { value, done } = await input.next();
    return done === true ? undefined : value;
  } catch {
    throw new InjectTrouble(111, 'read error\n');
  }
}

/** The header, and what came with it in the same pieces. */
export async function readHeader(input: MessageIn): Promise<SplitMessage> {
  let text = '';
  let nextTry = 0;
  for (;;) {
    const piece = await nextPiece(input);
    if (piece !== undefined) text += piece.toString('latin1');
    // Tried at every doubling, or the work would grow with the square of a large header.
    const split = piece === undefined || text.length >= nextTry ? splitHeader(text, piece === undefined) : undefined;
    if (split !== undefined) return split;
    nextTry = Math.max(nextTry, Math.min(2 * text.length, largestHeader));
    if (text.length > largestHeader) throw new InjectTrouble(100, `the header is larger than ${largestHeader} octets\n`);
  }
}

/** `front`, then what is left to read; a missing last line feed is added. */
export async function* withRest(front: ByteString, input: MessageIn): AsyncGenerator<Buffer> {
  let piece: Buffer | undefined = Buffer.from(front, 'latin1');
  let last: number | undefined;
  for (; piece !== undefined; piece = await nextPiece(input)) {
    last = piece.at(-1) ?? last;
    yield piece;
  }
  if (last !== undefined && last !== lineFeed) yield Buffer.from('\n');
}
