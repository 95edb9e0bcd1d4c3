/**
 * multilog's input: reads until it is told to stop, and then to the end of the line. What it has taken from a pipe it
 * hands over; what it has not stays there for its successor.
 */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Call } from '../../call.js';
import { pieces } from '../../pieces.js';

export interface Stopping {
  /** True: no more than the rest of the line now open is wanted. */
  stopped(): boolean;
  /** Calls `wake` when that may have changed. */
  onChange(wake: () => void): void;
}

/** Pieces of descriptor 0; ends at its end, or when `stopping` says so. */
export async function* logInput(call: Call, stopping: Stopping): AsyncGenerator<Buffer, void, void> {
  const fd = call.descriptor(0);
  if (isPipe(fd)) yield* pipePieces(fd, stopping);
  else {
    for await (const piece of pieces(call, 0)) {
      yield piece;
      if (stopping.stopped()) return;
    }
  }
}

function isPipe(fd: number): boolean {
  const status = fstatSync(fd);
  return status.isFIFO() || status.isSocket();
}

/** A pipe is read in this thread, when it has something: no read is under way while nobody waits for its octets. */
async function* pipePieces(fd: number, stopping: Stopping): AsyncGenerator<Buffer, void, void> {
  const socket = new Socket({ fd, readable: true, writable: false });
  let wake = (): void => undefined;
  let over = false;
  const here: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    here.push(chunk);
    socket.pause();
    wake();
  });
  const end = (): void => {
    over = true;
    wake();
  };
  socket.once('end', end).once('error', end);
  stopping.onChange(() => wake());
  for (;;) {
    const piece = here.shift();
    if (piece !== undefined) {
      yield piece;
      continue;
    }
    if (over || stopping.stopped()) break;
    socket.resume();
    await new Promise<void>((settle) => {
      wake = settle;
      // It may have happened before anybody waited.
      if (here.length > 0 || over) settle();
    });
  }
  socket.pause();
}
