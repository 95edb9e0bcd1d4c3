/**
 * qmail-showctl: how this home is configured, defaults included (spec admin.md §3).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../protocol/mail.js';
import { showControls, shownFiles } from '../../protocol/showctl.js';
import { parsePasswd, passwdPath } from '../../store/accounts.js';
import { codeOf, octetPath } from '../../store/octet-path.js';
import { type Call, put } from '../call.js';
import { errorWords, Fatal, orFatal, temporary } from '../fatal.js';

/** In qmail's order; `root` owns the programs. */
const accounts = ['alias', 'qmaild', 'qmaill', 'root', 'qmailp', 'qmailq', 'qmailr', 'qmails'];

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'qmail-showctl', async () => {
    const control = join(call.home, 'control');
    let names: readonly ByteString[];
    try {
      names = readdirSync(octetPath(control), { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    } catch (error) {
      throw new Fatal(temporary, `unable to opendir ${control}: ${errorWords(error)}`);
    }
    const shown = names.filter((name) => !name.startsWith('.')).sort();
    const home = Buffer.from(call.home, 'utf8').toString('latin1');
    put(call, 1, showControls({ home, names: shown, ...texts(control), mtimes: times(control), ...ids(call) }));
    return 0;
  });

function texts(control: string): { readonly files: Map<string, ByteString>; readonly unreadable: Set<string> } {
  const files = new Map<string, ByteString>();
  const unreadable = new Set<string>();
  for (const name of shownFiles) {
    try {
      files.set(name, readFileSync(join(control, name), 'latin1'));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') unreadable.add(name);
    }
  }
  return { files, unreadable };
}

function times(control: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of ['morercpthosts', 'morercpthosts.cdb']) {
    const status = statSync(join(control, name), { throwIfNoEntry: false });
    if (status !== undefined) found.set(name, Math.floor(status.mtimeMs / 1000));
  }
  return found;
}

/** Of accounts that this system does not have the owner of queue/ does the work. */
function ids(call: Call): { readonly uids: readonly number[]; readonly gids: readonly number[] } {
  const passwd = passwdPath(Object.fromEntries(call.env), process.getuid?.() ?? 0);
  let users: ReturnType<typeof parsePasswd> = new Map();
  try {
    users = parsePasswd(readFileSync(passwd, 'latin1'));
  } catch {
    // A system without the file has no such accounts.
  }
  const owner = statSync(join(call.home, 'queue'), { throwIfNoEntry: false }) ?? {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  };
  const gid = (name: string): number => users.get(name)?.gid ?? owner.gid;
  return {
    uids: accounts.map((name) => (name === 'root' ? 0 : (users.get(name)?.uid ?? owner.uid))),
    gids: [gid('qmaild'), gid('qmailq')],
  };
}
