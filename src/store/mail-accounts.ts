/**
 * Whose mailbox a user name and password open: users/poppasswd where that file exists, else, for root alone, the
 * accounts of the system. Starts nothing as that user.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../protocol/mail.js';
import { isPopUser, type PopAccount, parsePopPasswd } from '../protocol/pop3/pop-passwd.js';
import { type Accounts, accountsFor } from './accounts.js';
import { ApopSecrets, apopFile } from './apop-secrets.js';
import { ParsedFile } from './parsed-file.js';
import { PasswordChecks } from './scrypt-password.js';

export type MailAccount = Omit<PopAccount, 'hash'>;

/** `refused`: no such account, or another password. `trouble`: cannot be told now; `text` says why. */
export type Verdict =
  | { readonly tag: 'account'; readonly account: MailAccount }
  | { readonly tag: 'refused' }
  | { readonly tag: 'trouble'; readonly text: string };

/** The program of PAM that checks a password of the system, whatever its hash. */
const systemCheckers = ['/usr/sbin/unix_chkpwd', '/sbin/unix_chkpwd', '/usr/bin/unix_chkpwd'];
const systemCheckMs = 30_000;
const refused: Verdict = { tag: 'refused' };

export const popPasswdFile = (home: string): string => join(home, 'users', 'poppasswd');

export class MailAccounts {
  readonly #path: string;
  readonly #apopPath: string;
  readonly #apop: ApopSecrets;
  readonly #file: ParsedFile<ReadonlyMap<ByteString, PopAccount>>;
  readonly #system: Accounts | undefined;
  readonly #passwords = new PasswordChecks(() => performance.now());

  /** `uid`: whose process this is; only root may check accounts of the system. */
  constructor(home: string, uid: number) {
    this.#path = popPasswdFile(home);
    this.#file = new ParsedFile(this.#path, (bytes) => parsePopPasswd(Buffer.from(bytes).toString('latin1')));
    this.#apopPath = apopFile(home);
    this.#apop = new ApopSecrets(home, uid);
    this.#system = uid === 0 ? accountsFor({}, uid) : undefined;
  }

  /** Empty passwords are refused. Takes as long for a name that does not exist. */
  async verify(user: ByteString, password: ByteString): Promise<Verdict> {
    let accounts: ReadonlyMap<ByteString, PopAccount> | undefined;
    try {
      accounts = this.#file.current();
    } catch (error) {
      return trouble(`${this.#path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (accounts === undefined && this.#system !== undefined) return this.#verifySystem(this.#system, user, password);
    const found = accounts?.get(user);
    const fits = await this.#passwords.fits(password, found?.hash);
    if (!fits || found === undefined || password === '') return refused;
    const { uid, gid, home } = found;
    return { tag: 'account', account: { user, uid, gid, home } };
  }

  /** Digests of APOP can be checked: users/apop is there. */
  get offersApop(): boolean {
    return this.#apop.offered;
  }

  /** The digest of APOP in place of a password: a name in users/apop and users/poppasswd. */
  verifyApop(user: ByteString, digest: ByteString, timestamp: ByteString): Verdict {
    try {
      const fits = this.#apop.fits(user, digest, timestamp);
      const found = this.#file.current()?.get(user);
      if (!fits || found === undefined) return refused;
      const { uid, gid, home } = found;
      return { tag: 'account', account: { user, uid, gid, home } };
    } catch (error) {
      return trouble(`APOP: ${this.#apopPath}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #verifySystem(accounts: Accounts, user: ByteString, password: ByteString): Promise<Verdict> {
    const checker = systemCheckers.find((path) => existsSync(path));
    if (checker === undefined) return trouble('no users/poppasswd, and no unix_chkpwd to check accounts of the system');
    const found = isPopUser(user) ? await accounts.find(user) : undefined;
    if (found === 'unanswered') return trouble(`the accounts of the system do not answer about ${user}`);
    // The time of a hash for those who do not exist; who waits for a refusal is kept waiting longer anyway.
    const fits =
      found === undefined ? await this.#passwords.fits(password, undefined) : await systemPassword(checker, user, password);
    if (fits === 'unanswered') return trouble(`${checker} does not answer`);
    if (!fits || found === undefined || password === '') return refused;
    return { tag: 'account', account: { user, uid: found.uid, gid: found.gid, home: found.home } };
  }
}

const trouble = (text: string): Verdict => ({ tag: 'trouble', text });

function systemPassword(checker: string, user: ByteString, password: ByteString): Promise<boolean | 'unanswered'> {
  return new Promise((settle) => {
    const child = spawn(checker, [user, 'nonull'], { stdio: ['pipe', 'ignore', 'ignore'], env: {}, timeout: systemCheckMs });
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${password}\0`, 'latin1');
    child.once('error', () => settle('unanswered'));
    child.once('exit', (code) => settle(code === null ? 'unanswered' : code === 0));
  });
}
