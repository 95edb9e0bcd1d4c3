/**
 * The message of a spawner's job: a file below queue/mess that must belong to the queue's owner (spec send.md).
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteString } from '../../../protocol/mail.js';

/** The open file, or the report that says why there is none. The caller closes it. */
export async function openMessage(folder: string, name: ByteString, owner: number): Promise<FileHandle | ByteString> {
  const file = await open(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return 'Zqmail-spawn unable to open message. (#4.3.0)\n';
  const wrong = faultOf(await file.stat().catch(() => undefined), owner);
  if (wrong === undefined) return file;
  await file.close();
  return wrong;
}

function faultOf(found: Stats | undefined, owner: number): ByteString | undefined {
  if (found === undefined) return 'Zqmail-spawn unable to fstat message. (#4.3.0)\n';
  if (!found.isFile()) return 'ZSorry, message has wrong type. (#4.3.5)\n';
  return found.uid === owner ? undefined : 'ZSorry, message has wrong owner. (#4.3.5)\n';
}
