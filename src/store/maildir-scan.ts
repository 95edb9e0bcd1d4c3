/**
 * The messages of a Maildir, oldest first, and the sweep of its tmp/. Opens and changes no message.
 */
import { statSync } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { ByteString } from '../protocol/mail.js';
import { codeOf, octetPath } from './octet-path.js';

export interface MaildirMessage {
  /** `new/NAME` or `cur/NAME`. */
  readonly name: ByteString;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Octets of the file. */
  readonly size: number;
}

/** A folder of the Maildir that cannot be read. */
export class MaildirUnreadable extends Error {
  override readonly name = 'MaildirUnreadable';
  readonly folder: 'new' | 'cur';
  readonly code: string;
  constructor(folder: 'new' | 'cur', error: unknown) {
    super(`${folder}: ${codeOf(error)}`);
    this.folder = folder;
    this.code = codeOf(error);
  }
}

/** Files of tmp/ that nobody touched for this long were given up (seconds). */
const givenUp = 129_600;
/** Files looked at before others get their turn: looking at one takes some microseconds, a way through the thread pool ten times that. */
const atOnce = 200;

async function names(path: ByteString): Promise<readonly ByteString[]> {
  const found = await readdir(octetPath(path), { encoding: 'buffer' });
  return found.map((name) => name.toString('latin1')).filter((name) => !name.startsWith('.'));
}

/** Both folders, sorted by time, then name. A file that goes away meanwhile does not count. Rejects with MaildirUnreadable. */
export async function scanMaildir(maildir: ByteString, folders: readonly ('new' | 'cur')[]): Promise<readonly MaildirMessage[]> {
  const messages: MaildirMessage[] = [];
  let looked = 0;
  for (const folder of folders) {
    const found = await names(`${maildir}/${folder}`).catch((error: unknown) => {
      throw new MaildirUnreadable(folder, error);
    });
    for (const file of found) {
      const name = `${folder}/${file}`;
      try {
        const status = statSync(octetPath(`${maildir}/${name}`), { throwIfNoEntry: false });
        if (status?.isFile()) messages.push({ name, mtime: Math.floor(status.mtimeMs / 1000), size: status.size });
      } catch (error) {
        throw new MaildirUnreadable(folder, error);
      }
      looked += 1;
      if (looked % atOnce === 0) await turn();
    }
  }
  return messages.sort((a, b) => a.mtime - b.mtime || (a.name < b.name ? -1 : 1));
}

/** Removes what deliveries that died left in tmp/. `now` in seconds since 1970. What cannot be removed stays. */
export async function sweepMaildir(maildir: ByteString, now: number): Promise<void> {
  for (const name of await names(`${maildir}/tmp`).catch(() => [])) {
    const path = octetPath(`${maildir}/tmp/${name}`);
    try {
      if ((await stat(path)).atimeMs / 1000 < now - givenUp) await unlink(path);
    } catch {
      // Gone, or not ours to remove.
    }
  }
}
