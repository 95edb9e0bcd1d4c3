/**
 * From the local part of an address to the user who gets the mail (qmail-lspawn and
 * qmail-getpw; spec local.md §1). Pure: the table and the accounts are asked through callbacks,
 * which may answer at once or later.
 */

import { fromByteString, lowerCaseAscii, toByteString } from './bytes.js';
import type { CdbAnswer } from './cdb.js';
import type { ByteString } from './mail.js';

/** Who gets a delivery and which part of the address is the user's own (spec local.md §2). */
export interface Assignment {
  readonly user: ByteString;
  readonly uid: number;
  readonly gid: number;
  readonly home: ByteString;
  readonly dash: ByteString;
  readonly ext: ByteString;
}
/** `defer` carries the exit code by which qmail-lspawn names the reason (spec send.md §4.1). */
export type UserAnswer = { readonly tag: 'user'; readonly user: Assignment } | { readonly tag: 'defer'; readonly code: number };

export interface Account {
  readonly name: ByteString;
  readonly uid: number;
  readonly gid: number;
  readonly home: ByteString;
  /** Owner of the home folder; undefined when there is none. */
  readonly homeOwner: number | undefined;
}

/** `trouble`: its home cannot be looked at now. `unanswered`: the system's accounts cannot be asked now. */
export type AccountAnswer = Account | undefined | 'trouble' | 'unanswered';

type Later<T> = T | Promise<T>;
export interface UserSources {
  /** A record of users/cdb; absent when there is no such file. */
  readonly get?: (key: Uint8Array) => Later<CdbAnswer>;
  /** An account of the system. */
  readonly account: (name: ByteString) => Later<AccountAnswer>;
  /** Separates user and extension (conf-break); one character. */
  readonly breakCharacter?: string;
  readonly aliasUser?: ByteString;
}

const longestAccountName = 31;
const largestId = 0xfffffffe;

function idOf(text: ByteString): number | undefined {
  if (!/^[0-9]{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= largestId ? id : undefined;
}

/** The six fields of a record, `rest` appended to the last. A record of another shape is a damaged table. */
function fromRecord(value: Uint8Array, rest: ByteString): UserAnswer {
  const [user, uidText, gidText, home, dash, ext] = toByteString(value).split('\0');
  const uid = idOf(uidText ?? '');
  const gid = idOf(gidText ?? '');
  if (user === undefined || uid === undefined || gid === undefined || ext === undefined) return { tag: 'defer', code: 117 };
  return { tag: 'user', user: { user, uid, gid, home: home as ByteString, dash: dash as ByteString, ext: ext + rest } };
}

/** users/cdb: the exact address, then prefixes from the longest to the shortest that end in a wildcard's last character. */
async function fromTable(local: ByteString, get: NonNullable<UserSources['get']>): Promise<UserAnswer | undefined> {
  const lower = lowerCaseAscii(local);
  const exact = await get(fromByteString(`!${lower}\0`));
  if (exact.tag === 'damaged') return { tag: 'defer', code: 117 };
  if (exact.tag === 'found') return fromRecord(exact.value, '');
  const ends = await get(fromByteString(''));
  // Every table of qmail-newu has this record: one without it was cut or is none.
  if (ends.tag !== 'found') return { tag: 'defer', code: 117 };
  const wildcardEnds = toByteString(ends.value);
  for (let i = lower.length; i >= 0; i--) {
    if (i > 0 && !wildcardEnds.includes(lower[i - 1] as string)) continue;
    const prefix = await get(fromByteString(`!${lower.slice(0, i)}`));
    if (prefix.tag === 'damaged') return { tag: 'defer', code: 117 };
    if (prefix.tag === 'found') return fromRecord(prefix.value, local.slice(i));
  }
  return undefined;
}

function owned(account: Account): boolean {
  return account.uid !== 0 && account.homeOwner === account.uid;
}

const deferral = (why: 'trouble' | 'unanswered'): UserAnswer => ({ tag: 'defer', code: why === 'trouble' ? 115 : 118 });

/**
 * The system's accounts: the longest prefix before a break character, then the alias user (qmail-getpw). Answers as
 * `lookupUser` does; codes 115, 116 and 118.
 */
export async function userOfAccounts(local: ByteString, sources: UserSources): Promise<UserAnswer> {
  for (const i of accountEnds(local, sources.breakCharacter)) {
    const account = await sources.account(lowerCaseAscii(local.slice(0, i)));
    if (typeof account === 'string') return deferral(account);
    if (account === undefined || !owned(account)) continue;
    const split = i < local.length ? { dash: '-', ext: local.slice(i + 1) } : { dash: '', ext: '' };
    return { tag: 'user', user: { user: account.name, uid: account.uid, gid: account.gid, home: account.home, ...split } };
  }
  const alias = await sources.account(sources.aliasUser ?? 'alias');
  if (typeof alias === 'string') return deferral(alias);
  if (alias === undefined) return { tag: 'defer', code: 116 };
  return { tag: 'user', user: { user: alias.name, uid: alias.uid, gid: alias.gid, home: alias.home, dash: '-', ext: local } };
}

/** The accounts that are asked for, in this order, until one counts. */
export const accountNames = (local: ByteString): readonly ByteString[] => [
  ...[...accountEnds(local)].map((i) => lowerCaseAscii(local.slice(0, i))),
  'alias',
];

/** Where the name of an account may end in `local`. */
function* accountEnds(local: ByteString, separator = '-'): Generator<number> {
  for (let i = local.length; i > 0; i--) {
    if (i <= longestAccountName && (i === local.length || local[i] === separator)) yield i;
  }
}

/** The user of a non-empty local part. Answers with uid 0 are possible: the caller refuses them (code 113). */
export async function lookupUser(local: ByteString, sources: UserSources): Promise<UserAnswer> {
  if (sources.get !== undefined) {
    const assigned = await fromTable(local, sources.get);
    if (assigned !== undefined) return assigned;
  }
  return userOfAccounts(local, sources);
}
