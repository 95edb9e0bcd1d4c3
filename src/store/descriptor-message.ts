/**
 * A message that somebody else opened: a seekable descriptor, read by position, so that its offset stays where it is.
 * It may be a file that this process could not open itself, as qmail-local's is.
 */
import { accessSync, closeSync, constants, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { MessageUnreadable, MessageUnseekable, type UnixMessage } from './unix-message.js';

const readAt = promisify(read);
const pieceSize = 65_536;
/** Messages up to this many octets are held in memory, so that a mailbox gets them in one write. */
const mostHeld = 1_048_576;

/** The whole message, when it is small. */
function small(fd: number): Uint8Array | undefined {
  const bytes = Buffer.allocUnsafe(mostHeld + 1);
  let length = 0;
  for (;;) {
    const got = readSync(fd, bytes, length, bytes.length - length, length);
    if (got === 0) return Uint8Array.prototype.slice.call(bytes, 0, length);
    length += got;
    if (length > mostHeld) return undefined;
  }
}

/** A path that opens the same file from its start, when this process may. */
function reopened(fd: number): string | undefined {
  const path = `/proc/self/fd/${fd}`;
  try {
    accessSync(path, constants.R_OK);
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    return path;
  } catch {
    return undefined;
  }
}

async function* piecesOf(fd: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; ; ) {
    const piece = new Uint8Array(pieceSize);
    let got: number;
    try {
      got = (await readAt(fd, piece, 0, pieceSize, at)).bytesRead;
    } catch (error) {
      throw new MessageUnreadable(`descriptor ${fd}: ${(error as Error).message}`);
    }
    if (got === 0) return;
    at += got;
    yield piece.subarray(0, got);
  }
}

// biome-ignore lint/correctness/useYield: a message that cannot be read gives no piece
async function* nothing(error: MessageUnreadable): AsyncGenerator<Uint8Array, void, void> {
  throw error;
}

/** The message behind `fd`, which stays open and the caller's. What cannot be read says so when it is read. */
export function descriptorMessage(fd: number): UnixMessage {
  let bytes: Uint8Array | undefined;
  try {
    bytes = small(fd);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ESPIPE' || code === 'EBADF' ? new MessageUnseekable(message) : new MessageUnreadable(message);
    return { bytes: undefined, file: undefined, pieces: () => nothing(why) };
  }
  const file = reopened(fd);
  if (bytes === undefined) return { bytes, file, pieces: () => piecesOf(fd) };
  const held = bytes;
  return {
    bytes,
    file,
    pieces: async function* () {
      yield held;
    },
  };
}
