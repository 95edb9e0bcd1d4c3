/**
 * The uids of the accounts that the queue's Received line and the log name: alias, qmaild and qmails of the system's
 * accounts, looked up again when the file changes. Decides nothing; a file that cannot be read means no such account.
 */
import type { QueueUsers } from '../protocol/received.js';
import { parsePasswd, passwdPath } from './accounts.js';
import { ParsedFile } from './parsed-file.js';

const names = ['alias', 'qmaild', 'qmails'] as const;
/** Milliseconds between two looks at the file. */
const every = 1000;
const none: QueueUsers = {};
const files = new Map<string, ParsedFile<QueueUsers>>();

function parse(bytes: Uint8Array): QueueUsers {
  const accounts = parsePasswd(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
  return Object.fromEntries(
    names.flatMap((name) => {
      const uid = accounts.get(name)?.uid;
      return uid === undefined ? [] : [[name, uid]];
    }),
  );
}

/** The accounts as this process sees them now (`$TQMAIL_PASSWD` counts only without root). */
export function queueUsers(): QueueUsers {
  const path = passwdPath(process.env, process.geteuid?.() ?? 0);
  let file = files.get(path);
  if (file === undefined) {
    file = new ParsedFile(path, parse, { ms: every, clock: () => performance.now() });
    files.set(path, file);
  }
  try {
    return file.current() ?? none;
  } catch {
    return none;
  }
}
