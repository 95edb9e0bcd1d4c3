/**
 * The sources of user lookup on disk: users/cdb and the system's accounts (/etc/passwd), kept in
 * memory until the file changes. Decides nothing: protocol/users.ts asks.
 */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { cdbGet } from '../protocol/cdb.js';
import type { ByteString } from '../protocol/mail.js';
import type { Account, UserSources } from '../protocol/users.js';
import { codeOf, octetPath } from './octet-path.js';
import { ParsedFile } from './parsed-file.js';

/** An account as its line says, before its home is looked at. */
type PasswdLine = Omit<Account, 'homeOwner'>;

const homeValidity = 1000;
const mostHomes = 10000;

/** Accounts by name; of equal names the first counts. Lines of another shape are passed over. */
export function parsePasswd(text: ByteString): Map<ByteString, PasswdLine> {
  const accounts = new Map<ByteString, PasswdLine>();
  for (const line of text.split('\n')) {
    const [name, , uid, gid, , home] = line.split(':');
    if (name === undefined || name === '' || home === undefined || home === '') continue;
    if (!/^[0-9]{1,10}$/.test(uid ?? '') || !/^[0-9]{1,10}$/.test(gid ?? '') || accounts.has(name)) continue;
    accounts.set(name, { name, uid: Number(uid), gid: Number(gid), home });
  }
  return accounts;
}

/** The passwd file to use: the variable is honoured only without root (contract §8). */
export function passwdPath(environment: Readonly<Record<string, string | undefined>>, uid: number): string {
  const named = environment.TQMAIL_PASSWD;
  return uid !== 0 && named !== undefined && named !== '' ? named : '/etc/passwd';
}

export class UsersFile {
  readonly #table: ParsedFile<Uint8Array>;
  readonly #accounts: ParsedFile<Map<ByteString, PasswdLine>>;
  readonly #homes = new Map<ByteString, { readonly owner: number; readonly until: number }>();
  readonly #clock: () => number;
  readonly #aliasHome: string;

  /** `home` is the server's home; `clock` counts milliseconds that never go back. */
  constructor(home: string, passwd: string, clock: () => number) {
    this.#table = new ParsedFile(`${home}/users/cdb`, (bytes) => bytes);
    this.#accounts = new ParsedFile(passwd, (bytes) => parsePasswd(Buffer.from(bytes).toString('latin1')));
    this.#clock = clock;
    this.#aliasHome = `${home}/alias`;
  }

  /** What one lookup asks; made anew for each, so that it sees the files as they are now. */
  sources(): UserSources {
    const account = (name: ByteString): Promise<Account | undefined | 'trouble'> => this.#account(name);
    try {
      const table = this.#table.current();
      return table === undefined ? { account } : { account, get: (key) => cdbGet(table, key) };
    } catch {
      return { account, get: () => ({ tag: 'damaged' }) };
    }
  }

  async #account(name: ByteString): Promise<Account | undefined | 'trouble'> {
    try {
      const line = this.#accounts.current()?.get(name);
      if (line === undefined) return name === 'alias' ? this.#aliasFolder() : undefined;
      return { ...line, homeOwner: await this.#homeOwner(line.home) };
    } catch {
      return 'trouble';
    }
  }

  /**
   * Where the system has no account alias, the folder alias/ stands for it and its owner is the user, so that mail for
   * nobody bounces. qmail would try it for a week: "Unable to find alias user!" (spec local.md §1). Never root.
   */
  #aliasFolder(): Account | undefined {
    const found = statSync(this.#aliasHome, { throwIfNoEntry: false });
    if (found === undefined || !found.isDirectory() || found.uid === 0) return undefined;
    return { name: 'alias', uid: found.uid, gid: found.gid, home: this.#aliasHome, homeOwner: found.uid };
  }

  async #homeOwner(home: ByteString): Promise<number | undefined> {
    const now = this.#clock();
    const kept = this.#homes.get(home);
    if (kept !== undefined && kept.until > now) return kept.owner;
    try {
      const owner = (await stat(octetPath(home))).uid;
      if (this.#homes.size >= mostHomes) this.#homes.clear();
      this.#homes.set(home, { owner, until: now + homeValidity });
      return owner;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'].includes(codeOf(error))) return undefined;
      throw error;
    }
  }
}
