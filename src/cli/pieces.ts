/**
 * A descriptor of a call, read piece by piece. Reads only when asked and never ahead: when the reader stops, no read
 * is left behind that could take octets of whatever gets this descriptor's number next.
 */
import { read } from 'node:fs';
import type { Call } from './call.js';

const pieceSize = 65_536;
/** Milliseconds between two looks at a descriptor that does not block. */
const lookAgainMs = 5;

/** Each piece owns its octets. Throws the system's error. */
export async function* pieces(call: Call, n: number, size = pieceSize): AsyncGenerator<Buffer, void, void> {
  for (;;) {
    const piece = await readPiece(call.descriptor(n), size);
    if (piece === undefined) await wait(lookAgainMs);
    else if (piece.length === 0) return;
    else yield piece;
  }
}

const wait = (ms: number): Promise<void> => new Promise((settle) => setTimeout(settle, ms));

/** Empty at the end; undefined when nothing is there yet. */
function readPiece(fd: number, size: number): Promise<Buffer | undefined> {
  return new Promise((settle, fail) => {
    read(fd, Buffer.allocUnsafeSlow(size), 0, size, null, (error, length, buffer) => {
      if (error === null) settle(buffer.subarray(0, length));
      else if (error.code === 'EAGAIN') settle(undefined);
      else fail(error);
    });
  });
}
