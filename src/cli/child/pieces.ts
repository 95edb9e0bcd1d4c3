/**
 * A message on a descriptor of the call, read in pieces, so that its size does not matter.
 */
import { read } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Call } from '../call.js';

const pieceSize = 65_536;
/** A descriptor that does not block is asked again after this many milliseconds. */
const againMs = 5;

function readOnce(fd: number, into: Buffer, position: number | null): Promise<number> {
  return new Promise((settle, fail) => {
    read(fd, into, 0, into.length, position, (error, count) => {
      if (error === null) settle(count);
      else if (error.code === 'EAGAIN') settle(-1);
      else fail(error);
    });
  });
}

/**
 * What is left on descriptor `n`; with `fromStart` all of it, which only a file has (ESPIPE else). Each piece is the
 * caller's. Rejects with the system's error.
 */
export async function* pieces(call: Call, n: number, fromStart = false): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; ; ) {
    const piece = Buffer.allocUnsafe(pieceSize);
    const count = await readOnce(call.descriptor(n), piece, fromStart ? at : null);
    if (count === 0) return;
    if (count < 0) {
      await wait(againMs);
      continue;
    }
    at += count;
    yield piece.subarray(0, count);
  }
}

/** All that is left on descriptor `n` as octets; undefined when it is more than `most`. */
export async function wholeText(call: Call, n: number, most: number): Promise<string | undefined> {
  let text = '';
  for await (const piece of pieces(call, n)) {
    text += piece.toString('latin1');
    if (text.length > most) return undefined;
  }
  return text;
}
