/**
 * `tqmail passwd USER`: a mailbox's password in users/poppasswd, with --apop in users/apop too. The files are replaced whole, and
 * only their owner can read them; who reads them (the server, checkpassword) sees the change at the next login.
 */
import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ByteString } from '../../protocol/mail.js';
import { isPopUser, type PopAccount, parseApopLine, parsePopLine, popLine } from '../../protocol/pop3/pop-passwd.js';
import { accountsFor } from '../../store/accounts.js';
import { apopFile } from '../../store/apop-secrets.js';
import { popPasswdFile } from '../../store/mail-accounts.js';
import { replaceFile, writeWhole } from '../../store/replaced-file.js';
import { hashPassword } from '../../store/scrypt-password.js';
import { CommandTrouble, reason } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';
import { askPassword } from './ask.js';

const usageCode = 64;
const secret = 0o600;

interface Wanted {
  readonly home: string;
  readonly user: ByteString;
  readonly remove: boolean;
  /** The password is kept as it is, too. */
  readonly apop: boolean;
  /** Said by options. */
  readonly owner: Pick<PopAccount, 'uid' | 'gid' | 'home'> | undefined;
}

const octets = (text: string): ByteString => Buffer.from(text, 'utf8').toString('latin1');
const wrong = (text: string): CommandTrouble => new CommandTrouble(usageCode, `${text}\n${usageLine('passwd')}`);

function parse(args: readonly string[]) {
  const value = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { uid: value, gid: value, 'maildir-home': value, home: value, delete: flag, apop: flag };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw wrong(reason(error));
  }
}

function wanted(args: readonly string[]): Wanted {
  const { values, positionals } = parse(args);
  const [user, ...more] = positionals.map(octets);
  if (user === undefined || more.length > 0) throw wrong('name one user');
  if (!isPopUser(user)) throw wrong(`${user} cannot be a user name: no blanks, colons or slashes, no dot or # in front`);
  const { uid, gid, 'maildir-home': folder } = values;
  const given = [uid, gid, folder].filter((one) => one !== undefined).length;
  if (given !== 0 && given !== 3) throw wrong('--uid, --gid and --maildir-home belong together');
  const home = homeFolder(values.home);
  const [remove, apop] = [values.delete === true, values.apop === true];
  if (remove && apop) throw wrong('--delete and --apop do not go together');
  if (given === 0) return { home, user, remove, apop, owner: undefined };
  if (!/^\d{1,10}$/.test(uid ?? '') || !/^\d{1,10}$/.test(gid ?? '')) throw wrong('--uid and --gid are numbers');
  if (!/^\/[^:\n]*$/.test(folder ?? '')) throw wrong('--maildir-home is an absolute path without colons');
  return { home, user, remove, apop, owner: { uid: Number(uid), gid: Number(gid), home: octets(folder ?? '') } };
}

export async function main(args: readonly string[]): Promise<number> {
  const want = wanted(args);
  const path = popPasswdFile(want.home);
  const lines = await linesOf(path);
  const at = lines.findIndex((line) => parsePopLine(line)?.user === want.user);
  let password = '';
  if (want.remove) {
    if (at < 0) throw new CommandTrouble(1, `${path}: there is no ${want.user}`);
    lines.splice(at, 1);
  } else {
    const known = at < 0 ? undefined : parsePopLine(lines[at] ?? '');
    const owner = want.owner ?? known ?? (await accountOf(want.user));
    if (owner.uid === 0) throw new CommandTrouble(usageCode, 'no mailbox is served as uid 0; name another user');
    password = await askPassword(want.user);
    if (password === '') throw new CommandTrouble(usageCode, 'an empty password opens no mailbox; nothing is changed');
    const { uid, gid, home } = owner;
    const line = popLine({ user: want.user, hash: await hashPassword(password), uid, gid, home }).trimEnd();
    lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, line);
  }
  // The old password must not stay good for APOP when it cannot be replaced.
  await keepForApop(want, password);
  await write(path, lines);
  process.stdout.write(`${path}: ${want.user} ${want.remove ? 'removed' : 'set'}\n`);
  return 0;
}

/** Takes the user out of users/apop, or puts the password there. */
async function keepForApop({ home, user, apop }: Wanted, password: ByteString): Promise<void> {
  const path = apopFile(home);
  const before = await linesOf(path);
  const lines = before.filter((line) => parseApopLine(line)?.user !== user);
  if (apop) lines.push(`${user}:${password}`);
  if (apop || lines.length < before.length) await write(path, lines, popPasswdFile(home));
}

async function linesOf(path: string): Promise<ByteString[]> {
  try {
    return (await readFile(path, 'latin1')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CommandTrouble(111, `${path}: ${reason(error)}`);
  }
}

async function accountOf(user: ByteString): Promise<Pick<PopAccount, 'uid' | 'gid' | 'home'>> {
  const found = await accountsFor(process.env, process.getuid?.() ?? 0).find(user);
  if (found === 'unanswered') throw new CommandTrouble(111, `the accounts of the system do not answer about ${user}`);
  if (found === undefined) throw wrong(`${user} is no account of the system; say whose the mailbox is`);
  return found;
}

/** The owner stays, or is that of the file beside it: a server without root reads both as its own user. */
async function write(path: string, lines: readonly ByteString[], beside = path): Promise<void> {
  const before = await stat(path).catch(() => stat(beside).catch(() => undefined));
  const text = lines.map((line) => `${line}\n`).join('');
  try {
    await replaceFile(path, `${path}.tmp`, secret, async (file) => {
      if (before !== undefined && process.getuid?.() === 0) await file.chown(before.uid, before.gid);
      await writeWhole(file, Buffer.from(text, 'latin1'));
    });
  } catch (error) {
    throw new CommandTrouble(111, `${path} is not changed: ${reason(error)}`);
  }
}
