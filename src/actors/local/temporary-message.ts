/**
 * A message as a seekable, nameless file for the standard input of a program line.
 * Only this delivery can read it: created 0600 under a random name that is removed at once.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { UnixMessage } from '../../store/unix-message.js';

async function nameless(): Promise<FileHandle> {
  const path = `${tmpdir()}/tqmail-${randomBytes(12).toString('hex')}`;
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  await unlink(path);
  return file;
}

/** The open file at its start; the caller closes it. Throws the system's error or MessageUnreadable. */
export async function openMessageFile(message: UnixMessage): Promise<FileHandle> {
  if (message.file !== undefined) return open(message.file, 'r');
  const file = await nameless();
  try {
    let at = 0;
    for await (const piece of message.pieces()) {
      // Written by position, so that the file's offset stays at its start for the program.
      for (let done = 0; done < piece.length; ) {
        const { bytesWritten } = await file.write(piece, done, piece.length - done, at);
        done += bytesWritten;
        at += bytesWritten;
      }
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
