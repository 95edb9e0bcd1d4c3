/**
 * Accounts of the system by name: the passwd file, kept in memory until it changes, then, for names that are not there,
 * `getent passwd NAME`, which also knows the accounts of LDAP, sssd or systemd. Never looks at homes.
 */
import type { ByteString } from '../protocol/mail.js';
import type { Account } from '../protocol/users.js';
import { Getent } from './getent.js';
import { ParsedFile } from './parsed-file.js';

/** An account as its line says, before its home is looked at. */
export type PasswdLine = Omit<Account, 'homeOwner'>;

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

const systemPasswd = '/etc/passwd';

/** The passwd file to use: the variable is honoured only without root (contract §8). */
export function passwdPath(environment: Readonly<Record<string, string | undefined>>, uid: number): string {
  const named = environment.TQMAIL_PASSWD;
  return uid !== 0 && named !== undefined && named !== '' ? named : systemPasswd;
}

export class Accounts {
  readonly #file: ParsedFile<Map<ByteString, PasswdLine>>;
  readonly #others: Getent | undefined;

  /** `others` answers for names that `passwd` does not have; absent: nobody does. */
  constructor(passwd: string, others?: Getent) {
    this.#file = new ParsedFile(passwd, (bytes) => parsePasswd(Buffer.from(bytes).toString('latin1')));
    this.#others = others;
  }

  /** These may be asked for next: those that the file does not have are asked for together, up to the first that it has. */
  ahead(names: readonly ByteString[]): void {
    const file = this.#file.current();
    const known = names.findIndex((name) => file?.has(name) === true);
    this.#others?.ahead(known < 0 ? names : names.slice(0, known));
  }

  /** `unanswered`: cannot be told now. Throws the system's error when the passwd file cannot be read. */
  async find(name: ByteString): Promise<PasswdLine | undefined | 'unanswered'> {
    const line = this.#file.current()?.get(name);
    if (line !== undefined || this.#others === undefined) return line;
    const answer = await this.#others.ask(name);
    return answer === undefined || answer === 'unanswered' ? answer : parsePasswd(answer).get(name);
  }
}

/** The accounts that a process with this environment and uid goes by; a file of its own instead has no others. */
export function accountsFor(environment: Readonly<Record<string, string | undefined>>, uid: number): Accounts {
  const path = passwdPath(environment, uid);
  return new Accounts(path, path === systemPasswd ? new Getent({ clock: () => performance.now() }) : undefined);
}
