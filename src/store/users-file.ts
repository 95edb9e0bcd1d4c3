/**
 * The sources of user lookup on disk: users/cdb and the system's accounts (/etc/passwd), kept in
 * memory until the file changes. Decides nothing: protocol/users.ts asks.
 */
import { readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { cdbGet } from '../protocol/cdb.js';
import type { ByteString } from '../protocol/mail.js';
import type { Account, UserSources } from '../protocol/users.js';
import { codeOf, octetPath } from './octet-path.js';

/** An account as its line says, before its home is looked at. */
type PasswdLine = Omit<Account, 'homeOwner'>;

const largestFile = 256 * 1024 * 1024;
const homeValidity = 1000;
const mostHomes = 10000;

/** A file and what was made of it, made anew when the file is another one. */
class ParsedFile<T> {
  readonly #path: string;
  readonly #parse: (bytes: Uint8Array) => T;
  #mark = '';
  #parsed: T | undefined;

  constructor(path: string, parse: (bytes: Uint8Array) => T) {
    this.#path = path;
    this.#parse = parse;
  }

  /** Undefined: no such file. Throws the system's error when it cannot be read. */
  current(): T | undefined {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    const mark = `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    if (mark !== this.#mark) {
      if (found.size > largestFile) throw Object.assign(new Error(`${this.#path} is too large`), { code: 'EFBIG' });
      this.#parsed = this.#parse(readFileSync(this.#path));
      this.#mark = mark;
    }
    return this.#parsed;
  }
}

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

  /** `home` is the server's home; `clock` counts milliseconds that never go back. */
  constructor(home: string, passwd: string, clock: () => number) {
    this.#table = new ParsedFile(`${home}/users/cdb`, (bytes) => bytes);
    this.#accounts = new ParsedFile(passwd, (bytes) => parsePasswd(Buffer.from(bytes).toString('latin1')));
    this.#clock = clock;
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
      if (line === undefined) return undefined;
      return { ...line, homeOwner: await this.#homeOwner(line.home) };
    } catch {
      return 'trouble';
    }
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
