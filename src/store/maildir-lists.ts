/**
 * What was in a Maildir, kept until its folders change: a mail program looks every few minutes, and looking at every file is
 * most of the work. Nothing here opens or changes a message.
 */
import { statSync } from 'node:fs';
import type { ByteString } from '../protocol/mail.js';
import { type MaildirMessage, scanMaildir, sweepMaildir } from './maildir-scan.js';
import { octetPath } from './octet-path.js';

/** What one look found. */
export interface MaildirList {
  readonly messages: readonly MaildirMessage[];
  /** Some are in new/. */
  readonly unseen: boolean;
  /** What was said about this list, for whoever sees it whole. */
  readonly answers: Map<'LIST' | 'UIDL', readonly ByteString[]>;
}

interface KnownList {
  /** Of new/ and cur/. */
  readonly mark: string;
  readonly list: MaildirList;
}

/** Messages of all lists that are kept. */
const mostKept = 100_000;
/** Changes this soon after another may leave a folder's time as it is (seconds). */
const granularity = 2;

/** The one used longest ago first. */
const known = new Map<ByteString, KnownList>();
let kept = 0;

/** Undefined while a folder is still changing. */
function markOf(folder: ByteString, now: number): string | undefined {
  let mark = '';
  for (const name of ['new', 'cur']) {
    const status = statSync(octetPath(`${folder}/${name}`), { throwIfNoEntry: false });
    if (status === undefined || status.mtimeMs / 1000 > now - granularity) return undefined;
    mark += `${status.dev} ${status.ino} ${status.mtimeMs} ${status.ctimeMs} `;
  }
  return mark;
}

function forget(folder: ByteString): void {
  kept -= known.get(folder)?.list.messages.length ?? 0;
  known.delete(folder);
}

/** As scanMaildir has them; `now` in seconds since 1970. Sweeps tmp/ when it looks anew. Rejects with MaildirUnreadable. */
export async function listMaildir(folder: ByteString, now: number): Promise<MaildirList> {
  const mark = markOf(folder, now);
  const before = known.get(folder);
  if (before !== undefined) {
    forget(folder);
    if (before.mark === mark) {
      keep(folder, before);
      return before.list;
    }
  }
  await sweepMaildir(folder, now);
  const messages = await scanMaildir(folder, ['new', 'cur']);
  const list = { messages, unseen: messages.some(({ name }) => name.startsWith('new/')), answers: new Map() };
  if (mark !== undefined && mark === markOf(folder, now)) {
    forget(folder);
    keep(folder, { mark, list });
  }
  return list;
}

function keep(folder: ByteString, entry: KnownList): void {
  known.set(folder, entry);
  kept += entry.list.messages.length;
  for (const oldest of known.keys()) {
    if (kept <= mostKept) break;
    forget(oldest);
  }
}
