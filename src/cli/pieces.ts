/**
 * A descriptor of a call, read piece by piece. Reads only when asked and never ahead: when the reader stops, no read
 * is left behind that could take octets of whatever gets this descriptor's number next.
 */
import { read } from 'node:fs';
import type { ByteString } from '../protocol/mail.js';
import type { Call } from './call.js';

const pieceSize = 65_536;
/** Milliseconds between two looks at a descriptor that does not block. */
const lookAgainMs = 5;

/** Each piece owns its octets. Throws the system's error. */
export async function* pieces(call: Call, n: number, size = pieceSize): AsyncGenerator<Buffer, void, void> {
  if (n === 0 && call.front !== undefined && call.front !== '') yield Buffer.from(call.front, 'latin1');
  for (;;) {
    const piece = await readPiece(call.descriptor(n), size, null);
    if (piece === undefined) await wait(lookAgainMs);
    else if (piece.length === 0) return;
    else yield piece;
  }
}

/** All of a file, wherever its descriptor stands, which stays there. Throws the system's error: ESPIPE for what is no file. */
export async function* piecesFromStart(call: Call, n: number): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; ; ) {
    const piece = await readPiece(call.descriptor(n), pieceSize, at);
    if (piece === undefined) await wait(lookAgainMs);
    else if (piece.length === 0) return;
    else {
      at += piece.length;
      yield piece;
    }
  }
}

/** All that is left on descriptor `n` as octets; undefined when it is more than `most`. */
export async function wholeText(call: Call, n: number, most: number): Promise<ByteString | undefined> {
  let text = '';
  for await (const piece of pieces(call, n)) {
    text += piece.toString('latin1');
    if (text.length > most) return undefined;
  }
  return text;
}

const wait = (ms: number): Promise<void> => new Promise((settle) => setTimeout(settle, ms));

/** Empty at the end; undefined when nothing is there yet. */
function readPiece(fd: number, size: number, at: number | null): Promise<Buffer | undefined> {
  return new Promise((settle, fail) => {
    read(fd, Buffer.allocUnsafeSlow(size), 0, size, at, (error, length, buffer) => {
      if (error === null) settle(buffer.subarray(0, length));
      else if (error.code === 'EAGAIN') settle(undefined);
      else fail(error);
    });
  });
}
