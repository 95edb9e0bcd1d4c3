/**
 * A message to be delivered, in unix form, readable as often as wanted: from memory or from a
 * file, in pieces, so that a large body never stands in memory. Does not know mailboxes.
 */
import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';
import type { BodyForm } from '../protocol/mail.js';
import { WireToUnix, wireToUnix } from '../protocol/smtp/data.js';
import type { Body } from './queue-store.js';

const openFile = promisify(open);
const readFile = promisify(read);
const closeFile = promisify(close);

const pieceSize = 65536;

/** The message's own file cannot be read: the delivery is deferred, no mailbox is at fault. */
export class MessageUnreadable extends Error {
  override readonly name: string = 'MessageUnreadable';
}

/** The message cannot be read from its start: it is a pipe, or closed. */
export class MessageUnseekable extends MessageUnreadable {
  override readonly name: string = 'MessageUnseekable';
}

export interface UnixMessage {
  /** The whole message when it is held in memory. */
  readonly bytes: Uint8Array | undefined;
  /** An existing file in unix form, when there is one that a program could get as it is. */
  readonly file: string | undefined;
  /** The message from its start. Throws MessageUnreadable. */
  pieces(): AsyncGenerator<Uint8Array, void, void>;
}

async function* filePieces(path: string): AsyncGenerator<Uint8Array, void, void> {
  let fd: number | undefined;
  try {
    fd = await openFile(path, 'r');
    for (;;) {
      const piece = new Uint8Array(pieceSize);
      const { bytesRead } = await readFile(fd, piece, 0, pieceSize, null);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } catch (error) {
    throw new MessageUnreadable(`${path}: ${(error as Error).message}`);
  } finally {
    if (fd !== undefined) await closeFile(fd);
  }
}

async function* convertedPieces(path: string): AsyncGenerator<Uint8Array, void, void> {
  const conversion = new WireToUnix();
  for await (const piece of filePieces(path)) yield conversion.push(piece);
  yield conversion.end();
}

async function* memoryPiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

/** A body, as the queue has it or as it travels to a delivery. */
type MessageBody = Body | { readonly form: BodyForm; readonly file: string };

/** A body as a message in unix form. The path of a body that is a file is absolute. */
export function unixMessage(body: MessageBody): UnixMessage {
  if ('bytes' in body) {
    const bytes = body.form === 'unix' ? body.bytes : wireToUnix(body.bytes);
    return { bytes, file: undefined, pieces: () => memoryPiece(bytes) };
  }
  const file = body.file;
  if (body.form === 'unix') return { bytes: undefined, file, pieces: () => filePieces(file) };
  return { bytes: undefined, file: undefined, pieces: () => convertedPieces(file) };
}

/** The first octets of a message, at most `limit`. Throws MessageUnreadable. */
export async function headOf(message: UnixMessage, limit: number): Promise<Uint8Array> {
  if (message.bytes !== undefined) return message.bytes.subarray(0, limit);
  const head = new Uint8Array(limit);
  let length = 0;
  for await (const piece of message.pieces()) {
    const part = piece.subarray(0, limit - length);
    head.set(part, length);
    length += part.length;
    if (length === limit) break;
  }
  return head.subarray(0, length);
}

/** A body's octets as they are, in either form, in pieces. Throws MessageUnreadable. */
export function rawPieces(body: Body): AsyncGenerator<Uint8Array, void, void> {
  return 'bytes' in body ? memoryPiece(body.bytes) : filePieces(body.file);
}
