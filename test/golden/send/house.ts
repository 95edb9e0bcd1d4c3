/**
 * The files of a case: homes of the users, the alias folder, users/cdb, the queue folder, and what is in the homes
 * afterwards. Starts nothing.
 */
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assignToRecords } from '../../../src/protocol/assign.js';
import { cdbWrite } from '../../../src/protocol/cdb.js';
import { accounts, homes, nofiles, type SendCase, type SendFile } from './case.js';

export interface House {
  /** The home of qmail. */
  readonly home: string;
  /** What stands for /home. */
  readonly users: string;
  /** Gives a path to an account's uid; does nothing without root. */
  readonly give: (path: string, account: string) => void;
}

/** `uidOf`: who owns what belongs to an account. */
export function furnish(
  test: SendCase,
  home: string,
  users: string,
  uidOf: (account: string) => number,
  queueOwner: number,
): House {
  const root = process.getuid?.() === 0;
  const give = (path: string, account: string): void => {
    if (root) chownSync(path, uidOf(account), nofiles);
  };
  const house: House = { home, users, give };
  mkdirSync(users);
  for (const [name, owner] of Object.entries(homes)) {
    mkdirSync(join(users, name), { mode: 0o755 });
    give(join(users, name), owner);
  }
  give(join(home, 'alias'), 'alias');
  for (const [path, text] of Object.entries(test.files)) place(house, path, text);
  if (test.assign !== undefined) writeTable(home, toHere(test.assign, house));
  for (const name of ['queue', 'run']) {
    chmodSync(join(home, name), name === 'queue' ? 0o700 : 0o755);
    if (root) chownSync(join(home, name), queueOwner, queueOwner);
  }
  return house;
}

function place(house: House, path: string, text: string): void {
  const full = pathOf(house, path);
  const user = path.slice(0, path.indexOf('/'));
  if (path.endsWith('/')) {
    for (const part of ['', 'tmp', 'new', 'cur']) {
      mkdirSync(join(full, part), { mode: 0o700 });
      house.give(join(full, part), user);
    }
    return;
  }
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text, 'latin1');
  chmodSync(full, 0o644);
  house.give(full, user);
}

function pathOf({ home, users }: House, path: string): string {
  return path.startsWith('alias/') ? join(home, path) : join(users, path);
}

/** Paths of the recording machine as they are here, and back. */
const toHere = (text: string, { home, users }: House): string =>
  text.replaceAll('/home/', `${users}/`).replaceAll('/var/qmail/', `${home}/`);
export const toRecorded = (text: string, { home, users }: House): string =>
  text.replaceAll(home, '/var/qmail').replaceAll(users, '/home');

/** users/assign and users/cdb that say what the accounts of the recording machine would: for a server started by root. */
export function assignAccounts({ home, users }: House): void {
  const lines = Object.entries(homes)
    .filter(([name, owner]) => name === owner && name === name.toLowerCase())
    .flatMap(([name]) => {
      const ids = `${name}:${accounts[name]}:${nofiles}:${users}/${name}`;
      return [`=${name}:${ids}:::`, `+${name}-:${ids}:-::`];
    });
  writeTable(home, `${lines.join('\n')}\n+:alias:${accounts.alias}:${nofiles}:${home}/alias:-::\n.\n`);
}

function writeTable(home: string, assign: string): void {
  const made = assignToRecords(assign);
  if (!made.ok) throw new Error(`users/assign:${made.line}: ${made.text}`);
  writeFileSync(join(home, 'users/assign'), assign, 'latin1');
  writeFileSync(join(home, 'users/cdb'), cdbWrite(made.records));
}

/** A passwd file with the accounts, for TQMAIL_PASSWD. */
export function passwdText({ home, users }: House, uidOf: (account: string) => number): string {
  const homeOf = (name: string): string => (name === 'alias' ? join(home, 'alias') : join(users, name));
  return Object.keys(accounts)
    .map((name) => `${name}:x:${uidOf(name)}:${name === 'root' ? 0 : nofiles}::${homeOf(name)}:/bin/sh\n`)
    .join('');
}

/** New and changed files in homes and alias folder, by path. */
export function changedFiles(test: SendCase, house: House): SendFile[] {
  const found: SendFile[] = [];
  const look = (folder: string, prefix: string): void => {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'latin1' })) {
      const full = join(folder, Buffer.from(name, 'latin1').toString());
      const path = join(prefix, name);
      if (!statSync(full).isFile()) continue;
      const content = readFileSync(full, 'latin1');
      if (test.files[path] !== content) found.push({ path, content: toRecorded(content, house) });
    }
  };
  for (const name of readdirSync(house.users)) look(join(house.users, name), name);
  look(join(house.home, 'alias'), 'alias');
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
