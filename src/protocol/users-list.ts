/**
 * Accounts of the system → lines of users/assign (qmail-pw2u; spec admin.md §6). Pure: the caller looks at home folders.
 */
import { lowerCaseAscii } from './bytes.js';
import type { ByteString } from './mail.js';

export interface UsersListOptions {
  /** Empty: no addresses with an extension. */
  readonly delimiter: ByteString;
  /** `-`, or `-/` for .qmail files in folders. */
  readonly dash: ByteString;
  readonly upperCase: boolean;
}

/** Lines of the files in users/; undefined: not there. Those of subusers as they stand: they have no remarks. */
export interface UsersFiles {
  readonly include: readonly ByteString[] | undefined;
  readonly exclude: readonly ByteString[] | undefined;
  readonly mailnames: readonly ByteString[] | undefined;
  readonly subusers: readonly ByteString[] | undefined;
}

interface ListedUser {
  readonly name: ByteString;
  /** `user:uid:gid:home`. */
  readonly fields: ByteString;
}

/** Says whether the home counts, or throws what ends the command. */
export type HomeCheck = (home: ByteString, uid: number) => boolean;

const nameSet = (names: readonly ByteString[] | undefined): ReadonlySet<ByteString> | undefined =>
  names === undefined ? undefined : new Set(names.map(lowerCaseAscii));

/** Lines and users, by their names in lower case, of a passwd text; of equal names the last counts. The home check is asked last, and only for users that count otherwise. */
export function listUsers(
  passwd: ByteString,
  files: UsersFiles,
  options: UsersListOptions,
  homeCounts: HomeCheck,
): { readonly lines: ByteString; readonly users: ReadonlyMap<ByteString, ListedUser> } {
  const include = nameSet(files.include);
  const exclude = nameSet(files.exclude);
  const mailnames = new Map(files.mailnames?.filter((line) => line.includes(':')).map(splitNames));
  const users = new Map<ByteString, ListedUser>();
  let lines = '';
  for (const line of passwd.split('\n')) {
    if (line.includes('\0')) continue;
    const [name, , uid, gid, , home, shell] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined || home === undefined || shell === undefined) continue;
    const number = Number(/^[0-9]+/.exec(uid)?.[0] ?? 0);
    if (name === '' || number === 0 || (!options.upperCase && /[A-Z]/.test(name))) continue;
    const key = lowerCaseAscii(name);
    if (include?.has(key) === false || exclude?.has(key) === true || !homeCounts(home, number)) continue;
    const user = { name, fields: `${name}:${uid}:${gid}:${home}` };
    users.set(key, user);
    if (name === 'alias') lines += `+:${user.fields}:${options.dash}::\n`;
    for (const mailname of mailnames.get(key) ?? [name]) lines += userLines(mailname, user, options);
  }
  return { lines, users };
}

/** `user:name1:name2` of users/mailnames. */
function splitNames(line: ByteString): readonly [ByteString, readonly ByteString[]] {
  const [user = '', ...names] = line.split(':');
  return [lowerCaseAscii(user), names.filter((name) => name !== '')];
}

function userLines(mailname: ByteString, { fields }: ListedUser, { delimiter, dash }: UsersListOptions): ByteString {
  const plain = `=${mailname}:${fields}:::\n`;
  return delimiter === '' ? plain : `${plain}+${mailname}${delimiter}:${fields}:${dash}::\n`;
}

/** Lines for `sub:user:pre:` of users/subusers; lines with fewer colons do not count. */
export function listSubusers(
  subusers: readonly ByteString[],
  users: ReadonlyMap<ByteString, ListedUser>,
  { delimiter, dash }: UsersListOptions,
): { readonly lines: ByteString } | { readonly unknown: ByteString } {
  let lines = '';
  for (const line of subusers) {
    const [sub, name, pre, end] = line.split(':');
    if (sub === undefined || name === undefined || pre === undefined || end === undefined) continue;
    const user = users.get(lowerCaseAscii(name));
    if (user === undefined) return { unknown: name };
    lines += `=${sub}:${user.fields}:${dash}:${pre}:\n`;
    if (delimiter !== '') lines += `+${sub}${delimiter}:${user.fields}:${dash}:${pre}-:\n`;
  }
  return { lines };
}
