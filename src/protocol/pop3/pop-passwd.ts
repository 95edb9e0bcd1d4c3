/**
 * users/poppasswd: `user:hash:uid:gid:home`, a line a mailbox, and the form of a hash; users/apop: `user:password`. Nothing is
 * computed here.
 */
import type { ByteString } from '../mail.js';

export interface PopAccount {
  readonly user: ByteString;
  readonly hash: ByteString;
  readonly uid: number;
  readonly gid: number;
  /** Absolute. */
  readonly home: ByteString;
}

/** scrypt (RFC 7914): N is 2 to the power `ln`. */
export interface ScryptHash {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  /** Base64 without padding. */
  readonly salt: string;
  readonly key: string;
}

const form = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/;
/** 64 MiB: a line must not be able to take more memory. */
const largest = 64 * 1024 * 1024;

/** Undefined: no such hash, or one that would take more than 64 MiB. */
export function parseScryptHash(text: ByteString): ScryptHash | undefined {
  const [, ln, r, p, salt, key] = form.exec(text) ?? [];
  if (salt === undefined || key === undefined) return undefined;
  const hash = { ln: Number(ln), r: Number(r), p: Number(p), salt, key };
  const fits = hash.ln >= 1 && hash.r >= 1 && hash.p >= 1 && 128 * hash.r * 2 ** hash.ln <= largest;
  return fits ? hash : undefined;
}

export function scryptHashText({ ln, r, p, salt, key }: ScryptHash): ByteString {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt}$${key}`;
}

/** A name that can stand in the file; no path and no control characters can be in it. */
export function isPopUser(user: ByteString): boolean {
  return user.length <= 255 && /^[^\0-\x20:/\x7f]+$/.test(user) && !user.startsWith('.') && !user.startsWith('#');
}

/** One line; undefined when it is none, empty and `#` lines included. */
export function parsePopLine(line: ByteString): PopAccount | undefined {
  if (line.startsWith('#')) return undefined;
  const [user, hash, uid, gid, home, ...more] = line.split(':');
  if (user === undefined || hash === undefined || home === undefined || more.length > 0) return undefined;
  const numbers = /^\d{1,10}$/.test(uid ?? '') && /^\d{1,10}$/.test(gid ?? '');
  if (!isPopUser(user) || !numbers || !home.startsWith('/')) return undefined;
  return { user, hash, uid: Number(uid), gid: Number(gid), home };
}

export function popLine({ user, hash, uid, gid, home }: PopAccount): ByteString {
  return `${user}:${hash}:${uid}:${gid}:${home}\n`;
}

/** By name; of equal names the first counts, lines of another shape are passed over. */
export function parsePopPasswd(text: ByteString): ReadonlyMap<ByteString, PopAccount> {
  const accounts = new Map<ByteString, PopAccount>();
  for (const line of text.split('\n')) {
    const account = parsePopLine(line);
    if (account !== undefined && !accounts.has(account.user)) accounts.set(account.user, account);
  }
  return accounts;
}

/** One line of users/apop: the password is all behind the first colon. Undefined when it is none, empty and `#` lines included. */
export function parseApopLine(line: ByteString): { readonly user: ByteString; readonly secret: ByteString } | undefined {
  const colon = line.indexOf(':');
  if (colon < 0) return undefined;
  const [user, secret] = [line.slice(0, colon), line.slice(colon + 1)];
  return isPopUser(user) && secret !== '' ? { user, secret } : undefined;
}

/** Passwords by name; of equal names the first counts, lines of another shape are passed over. */
export function parseApopSecrets(text: ByteString): ReadonlyMap<ByteString, ByteString> {
  const secrets = new Map<ByteString, ByteString>();
  for (const line of text.split('\n')) {
    const found = parseApopLine(line);
    if (found !== undefined && !secrets.has(found.user)) secrets.set(found.user, found.secret);
  }
  return secrets;
}
