/**
 * A file that readers see whole, old or new: written aside, flushed, renamed (compiled tables, mailboxes).
 * Knows nothing of what is in it.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import type { ByteString } from '../protocol/mail.js';
import { syncFolder } from './folder-sync.js';
import { codeOf } from './octet-path.js';

/** Which step failed; `code` is Node's name of the error. The target is as it was. */
export class NotReplaced extends Error {
  override readonly name = 'NotReplaced';
  readonly step: 'open' | 'write' | 'move';
  readonly code: string;
  constructor(step: 'open' | 'write' | 'move', error: unknown) {
    super(`${step}: ${codeOf(error)}`);
    this.step = step;
    this.code = codeOf(error);
  }
}

async function step<T>(name: NotReplaced['step'], action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new NotReplaced(name, error);
  }
}

/**
 * Opens `temporary` anew with this mode, whatever the umask, gives it to `fill`, then puts it in the place of `target`.
 * What `fill` throws goes on to the caller; the temporary file stays then, as qmail leaves it, and the next run empties it.
 * Both are in the same folder and absolute; text is UTF-8, as Node takes it.
 */
export async function replaceFile(
  target: string | Buffer,
  temporary: string | Buffer,
  mode: number,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await step('open', () => open(temporary, flags, mode));
  try {
    await step('open', () => file.chmod(mode));
    await fill(file);
    await step('write', () => file.sync());
  } finally {
    await file.close();
  }
  await step('move', () => rename(temporary, target));
  await step('move', () => syncFolder(folderOf(target)));
}

/** The folder of a path, with its slash, in octets. */
function folderOf(path: string | Buffer): ByteString {
  const octets = Buffer.from(path).toString('latin1');
  return octets.slice(0, octets.lastIndexOf('/') + 1);
}

/** Octets into a file that `replaceFile` opened. */
export async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  await step('write', async () => {
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
  });
}
