/**
 * A file without a name: created 0600 under a random name that is removed at once, so that
 * nobody else opens it and a crash leaves nothing behind.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';

/** Open for reading and writing, in the folder for temporary files; the caller closes it. */
export async function openNameless(): Promise<FileHandle> {
  const path = `${tmpdir()}/tqmail-${randomBytes(12).toString('hex')}`;
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  await unlink(path);
  return file;
}

/** Writes all octets at `position`, leaving the file's offset where it is; answers the position after them. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
  return position + done;
}

/** A path that opens the same file again, from its start, as long as it is open here (Linux). */
export function reopenPath(file: FileHandle): string {
  return `/proc/self/fd/${file.fd}`;
}
