/**
 * A message as a seekable, nameless file for the standard input of a program: of a .qmail line, or in place of qmail-remote.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { openNameless, writeAt } from './nameless-file.js';
import type { UnixMessage } from './unix-message.js';

/** The open file at its start; the caller closes it. Throws the system's error or MessageUnreadable. */
export async function openMessageFile(message: UnixMessage): Promise<FileHandle> {
  if (message.file !== undefined) return open(message.file, 'r');
  const file = await openNameless();
  try {
    let at = 0;
    // Written by position, so that the file's offset stays at its start for the program.
    for await (const piece of message.pieces()) at = await writeAt(file, piece, at);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
