/**
 * Hashes of passwords and their check. A refusal takes the same time whether the account exists or not; a right password is
 * known again for a while without that work, since mail programs come every few minutes. Runs in the thread pool; how many
 * at once is bounded by the caller.
 */
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { ByteString } from '../protocol/mail.js';
import { parseScryptHash, type ScryptHash, scryptHashText } from '../protocol/pop3/pop-passwd.js';

const keyLength = 32;
/** 16 MiB and some 40 ms of one core. */
const cost = { ln: 14, r: 8, p: 1 };

function derive(password: ByteString, { ln, r, p, salt }: Omit<ScryptHash, 'key'>): Promise<Buffer> {
  const N = 2 ** ln;
  const options = { N, r, p, maxmem: 2 * 128 * r * N };
  return new Promise((settle, fail) => {
    scrypt(Buffer.from(password, 'latin1'), Buffer.from(salt, 'base64'), keyLength, options, (error, key) => {
      if (error === null) settle(key);
      else fail(error);
    });
  });
}

const bare = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

export async function hashPassword(password: ByteString): Promise<ByteString> {
  const salt = bare(randomBytes(16));
  return scryptHashText({ ...cost, salt, key: bare(await derive(password, { ...cost, salt })) });
}

const nobody: ScryptHash = { ...cost, salt: 'AAAAAAAAAAAAAAAAAAAAAA', key: 'A'.repeat(43) };
const mostKnown = 10_000;
const knownMs = 600_000;

export class PasswordChecks {
  /** Right passwords by a keyed digest of hash and password; the key never leaves this process. */
  readonly #known = new Map<string, number>();
  readonly #key = randomBytes(32);
  readonly #monotonic: () => number;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** `hash` undefined, or none of ours: the same work, and false. */
  async fits(password: ByteString, hash: ByteString | undefined): Promise<boolean> {
    const parsed = hash === undefined ? undefined : parseScryptHash(hash);
    const digest = this.#digest(password, hash ?? '');
    if (parsed !== undefined && this.#isKnown(digest)) return true;
    const key = await derive(password, parsed ?? nobody);
    const fits = timingSafeEqual(key, Buffer.from((parsed ?? nobody).key, 'base64'));
    if (!fits || parsed === undefined) return false;
    this.#know(digest);
    return true;
  }

  #digest(password: ByteString, hash: ByteString): string {
    return createHmac('sha256', this.#key).update(`${hash}\0${password}`, 'latin1').digest('base64');
  }

  #isKnown(digest: string): boolean {
    const until = this.#known.get(digest);
    return until !== undefined && this.#monotonic() < until;
  }

  #know(digest: string): void {
    this.#known.delete(digest);
    this.#known.set(digest, this.#monotonic() + knownMs);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= mostKnown) break;
      this.#known.delete(oldest);
    }
  }
}
