/**
 * The message of a job: the file that qmail-send names below `mess`, in the current folder or in the queue of the home.
 * What is queued in the store has no such file: the server's own spawners get it without this.
 */
import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../../protocol/mail.js';

/** An open file, or the report that says why there is none. */
export type MessageFile = { readonly fd: number } | { readonly report: ByteString };

const folders = 23;

/** `7/30` as it stands; a number alone is put in its folder as qmail's queue has it. */
function below(message: ByteString): string {
  return message.includes('/') ? message : `${Number(message) % folders}/${message}`;
}

function openFirst(mess: readonly string[], name: string): { fd: number; folder: string } | undefined {
  for (const folder of mess) {
    try {
      return { fd: openSync(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK), folder };
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}

/** As in qmail the file must be a regular one of the queue's owner, which is here who owns the folder `mess`. */
export function openMessage(home: string, message: ByteString): MessageFile {
  const found = openFirst(['mess', join(home, 'queue', 'mess')], below(message));
  if (found === undefined) return { report: 'Zqmail-spawn unable to open message. (#4.3.0)\n' };
  const { fd, folder } = found;
  const refuse = (report: ByteString): MessageFile => {
    closeSync(fd);
    return { report };
  };
  let file: Stats;
  let queue: Stats;
  try {
    file = fstatSync(fd);
    queue = statSync(folder);
  } catch {
    return refuse('Zqmail-spawn unable to fstat message. (#4.3.0)\n');
  }
  if (!file.isFile()) return refuse('ZSorry, message has wrong type. (#4.3.5)\n');
  if (file.uid !== queue.uid) return refuse('ZSorry, message has wrong owner. (#4.3.5)\n');
  return { fd };
}
