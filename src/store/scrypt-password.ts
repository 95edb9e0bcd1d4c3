/**
 * Hashes of passwords and their check. A check takes the same time whether the account exists or not, and whether the
 * password is right or not. Runs in the thread pool; how many at once is bounded by the caller.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
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

/** `hash` undefined, or none of ours: the same work, and false. */
export async function passwordFits(password: ByteString, hash: ByteString | undefined): Promise<boolean> {
  const parsed = hash === undefined ? undefined : parseScryptHash(hash);
  const key = await derive(password, parsed ?? nobody);
  const fits = timingSafeEqual(key, Buffer.from((parsed ?? nobody).key, 'base64'));
  return fits && parsed !== undefined;
}
