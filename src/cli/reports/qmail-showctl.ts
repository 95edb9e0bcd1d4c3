/**
 * qmail-showctl: how this home is configured, defaults included (spec admin.md §3).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../protocol/mail.js';
import { showControls, showHead, shownFiles } from '../../protocol/showctl.js';
import { Accounts, passwdPath } from '../../store/accounts.js';
import { codeOf, octetPath } from '../../store/octet-path.js';
import { type Call, put } from '../call.js';

/** In qmail's order; `root` owns the programs. */
const accounts = ['alias', 'qmaild', 'qmaill', 'root', 'qmailp', 'qmailq', 'qmailr', 'qmails'];

const failed = 111;

export async function run(call: Call): Promise<number> {
  const control = join(call.home, 'control');
  const home = Buffer.from(call.home, 'utf8').toString('latin1');
  const numbers = await ids(call);
  put(call, 1, showHead({ home, ...numbers }));
  const names = namesIn(control);
  if (names === undefined) return told(call, 'Oops! Unable to chdir to control.\n');
  const read = texts(control);
  if (read.unreadable.has('me')) return told(call, 'Oops! Trouble reading control/me.\n');
  put(call, 1, showControls({ home, names, ...read, mtimes: times(control), ...numbers }));
  return 0;
}

function told(call: Call, trouble: ByteString): number {
  put(call, 1, trouble);
  return failed;
}

function namesIn(control: string): readonly ByteString[] | undefined {
  try {
    return readdirSync(octetPath(control), { encoding: 'buffer' })
      .map((name) => name.toString('latin1'))
      .sort();
  } catch {
    return undefined;
  }
}

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
async function ids(call: Call): Promise<{ readonly uids: readonly number[]; readonly gids: readonly number[] }> {
  const system = new Accounts(passwdPath(Object.fromEntries(call.env), process.getuid?.() ?? 0));
  const owner = statSync(join(call.home, 'queue'), { throwIfNoEntry: false }) ?? {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  };
  // A system without the file has no such accounts.
  const account = async (name: string): Promise<{ readonly uid: number; readonly gid: number }> => {
    const found = await system.find(name).catch(() => undefined);
    return found === undefined || found === 'unanswered' ? owner : found;
  };
  const uids = accounts.map(async (name) => (name === 'root' ? 0 : (await account(name)).uid));
  const gids = ['qmaild', 'qmailq'].map(async (name) => (await account(name)).gid);
  return { uids: await Promise.all(uids), gids: await Promise.all(gids) };
}
