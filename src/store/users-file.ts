/**
 * The sources of user lookup: users/cdb, kept in memory until the file changes, and the system's accounts with the
 * owners of their homes. Decides nothing: protocol/users.ts asks.
 */
import { stat, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { cdbGet } from '../protocol/cdb.js';
import type { ByteString } from '../protocol/mail.js';
import type { Account, AccountAnswer, UserSources } from '../protocol/users.js';
import type { Accounts } from './accounts.js';
import { codeOf, octetPath } from './octet-path.js';
import { ParsedFile } from './parsed-file.js';

const statLater = promisify(stat);

const homeValidity = 1000;
const mostHomes = 10000;

export class UsersFile {
  readonly #table: ParsedFile<Uint8Array>;
  readonly #accounts: Accounts;
  readonly #homes = new Map<ByteString, { readonly owner: number; readonly until: number }>();
  readonly #clock: () => number;
  readonly #aliasHome: string;

  /** `home` is the server's home; `clock` counts milliseconds that never go back. `every`: how often the table is looked at, see ParsedFile. */
  constructor(home: string, accounts: Accounts, clock: () => number, every?: 'turn') {
    this.#table = new ParsedFile(`${home}/users/cdb`, (bytes) => bytes, every);
    this.#accounts = accounts;
    this.#clock = clock;
    this.#aliasHome = `${home}/alias`;
  }

  /** What one lookup asks; made anew for each, so that it sees the files as they are now. */
  sources(): UserSources {
    const account = (name: ByteString): Promise<AccountAnswer> => this.#account(name);
    try {
      const table = this.#table.current();
      return table === undefined ? { account } : { account, get: (key) => cdbGet(table, key) };
    } catch {
      return { account, get: () => ({ tag: 'damaged' }) };
    }
  }

  async #account(name: ByteString): Promise<AccountAnswer> {
    try {
      const line = await this.#accounts.find(name);
      if (line === 'unanswered') return line;
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
      const owner = (await statLater(octetPath(home))).uid;
      if (this.#homes.size >= mostHomes) this.#homes.clear();
      this.#homes.set(home, { owner, until: now + homeValidity });
      return owner;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'].includes(codeOf(error))) return undefined;
      throw error;
    }
  }
}
