/**
 * The message on a descriptor, as a connection can send it: a short one in memory and in wire form, a long one in a
 * nameless file, so that any size costs the same memory.
 */
import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { RemoteBody } from '../../../actors/remote/session.js';
import type { Outcome } from '../../../protocol/mail.js';
import { unixToWire, untransferableOutcome } from '../../../protocol/smtp/data.js';
import { openNameless, reopenPath, writeAt } from '../../../store/nameless-file.js';

const readSome = promisify(read);
const unreadable: Outcome = { status: 'Z', text: 'Unable to read message. (#4.3.0)\n' };
/** Octets that are kept in memory. */
const shortMessage = 1_048_576;
const pieceSize = 65_536;

export interface TakenMessage {
  readonly body: RemoteBody;
  close(): Promise<void>;
}

/** Reads to the end. An outcome when the message cannot be had or sent; rejects when there is no room for it. */
export async function takeMessage(fd: number): Promise<TakenMessage | Outcome> {
  const begun: Buffer[] = [];
  for (let size = 0; size < shortMessage; ) {
    const piece = await next(fd);
    if (piece === undefined) return unreadable;
    if (piece.length === 0) return inMemory(Buffer.concat(begun));
    begun.push(piece);
    size += piece.length;
  }
  return inFile(fd, begun);
}

/** Empty at the end; undefined when the descriptor cannot be read. */
async function next(fd: number): Promise<Buffer | undefined> {
  const piece = Buffer.allocUnsafe(pieceSize);
  const octets = await readSome(fd, piece, 0, pieceSize, null).catch(() => undefined);
  return octets === undefined ? undefined : piece.subarray(0, octets.bytesRead);
}

function inMemory(message: Buffer): TakenMessage | Outcome {
  const body = unixToWire(message);
  return typeof body === 'string' ? untransferableOutcome(body) : { body, close: () => Promise.resolve() };
}

async function inFile(fd: number, begun: readonly Buffer[]): Promise<TakenMessage | Outcome> {
  const file = await openNameless();
  const close = (): Promise<void> => file.close();
  try {
    let at = 0;
    for (const piece of begun) at = await writeAt(file, piece, at);
    for (;;) {
      const piece = await next(fd);
      if (piece?.length === 0) return { body: { path: reopenPath(file) }, close };
      if (piece === undefined) break;
      at = await writeAt(file, piece, at);
    }
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return unreadable;
}
