/**
 * users/apop: passwords as they are, a line `user:password` a mailbox, for APOP alone, whose digests no hash can check. Weaker than
 * users/poppasswd: who reads the file has the passwords. So it counts only while nobody but its owner can read it, and its owner is
 * root or the uid of this process.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../protocol/mail.js';
import { parseApopSecrets } from '../protocol/pop3/pop-passwd.js';
import { ParsedFile } from './parsed-file.js';

export const apopFile = (home: string): string => join(home, 'users', 'apop');

const others = 0o077;

export class ApopSecrets {
  readonly #path: string;
  readonly #uid: number;
  readonly #file: ParsedFile<ReadonlyMap<ByteString, ByteString>>;
  /** Stands for the password of who has none. */
  readonly #nobody = randomBytes(16).toString('latin1');

  /** `uid`: whose process this is. */
  constructor(home: string, uid: number) {
    this.#path = apopFile(home);
    this.#uid = uid;
    this.#file = new ParsedFile(this.#path, (bytes) => parseApopSecrets(Buffer.from(bytes).toString('latin1')));
  }

  /** There is such a file. Whether it counts is seen when it is read. */
  get offered(): boolean {
    try {
      return statSync(this.#path, { throwIfNoEntry: false }) !== undefined;
    } catch {
      return false;
    }
  }

  /**
   * Whether `digest` is the MD5 of `timestamp` and the user's password, in lower-case hexadecimal (RFC 1939 §7). Takes as long
   * for a user who is not there. Throws when the file cannot be read, or may not be believed.
   */
  fits(user: ByteString, digest: ByteString, timestamp: ByteString): boolean {
    this.#look();
    const secret = this.#file.current()?.get(user);
    const words = Buffer.from(timestamp + (secret ?? this.#nobody), 'latin1');
    const right = Buffer.from(createHash('md5').update(words).digest('hex'), 'latin1');
    const said = Buffer.from(digest, 'latin1');
    // Without a timestamp of this very connection an old digest would do.
    return said.length === right.length && timingSafeEqual(said, right) && secret !== undefined && timestamp !== '';
  }

  #look(): void {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found === undefined) return;
    if ((found.mode & others) !== 0) throw new Error(`others than its owner may read or write it: chmod 600 ${this.#path}`);
    if (found.uid !== 0 && found.uid !== this.#uid)
      throw new Error(`it belongs to uid ${found.uid}, not to root or uid ${this.#uid}`);
  }
}
