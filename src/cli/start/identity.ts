/**
 * Who the node is: as root the owner of queue/, else qmailq, else nobody; `--user` overrides. Never uid 0
 * when there is another choice. Also tells which folder that uid cannot use.
 */
import { closeSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { CommandTrouble, errorCode, reason } from '../complain.js';
import { findAccount } from './accounts.js';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** True when the node must drop to it; false when this process already is it. */
  readonly drops: boolean;
}

/** `owner` is the owner of queue/. Throws CommandTrouble when a named account does not exist. */
export function chooseIdentity(owner: { readonly uid: number; readonly gid: number }, user: string | undefined): Identity {
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  if (uid !== 0) {
    if (user !== undefined && findAccount(user)?.uid !== uid) {
      throw new CommandTrouble(111, `--user ${user}: only root can run the node as another user`);
    }
    return { uid, gid, drops: false };
  }
  if (user !== undefined) return dropTo(user);
  return owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid, drops: true } : unprivileged();
}

/** The account that serves when nothing else is said: qmailq, else nobody. */
export function unprivileged(): Identity {
  const account = findAccount('qmailq') ?? findAccount('nobody');
  if (account === undefined) {
    throw new CommandTrouble(111, 'there is neither an account qmailq nor nobody; name one with --user NAME');
  }
  return { uid: account.uid, gid: account.gid, drops: true };
}

function dropTo(user: string): Identity {
  const account = findAccount(user);
  if (account === undefined) throw new CommandTrouble(111, `--user ${user}: no such account`);
  if (account.uid === 0) throw new CommandTrouble(111, `--user ${user}: the node must not run as uid 0`);
  return { uid: account.uid, gid: account.gid, drops: true };
}

export interface Needed {
  readonly path: string;
  readonly write?: boolean;
}

/** The first folder or file that `identity` cannot use, in words; undefined when all is well. */
export function unusable(identity: Identity, needed: readonly Needed[]): string | undefined {
  return asIdentity(identity, () => {
    for (const need of needed) {
      const text = tryPath(need);
      if (text !== undefined) return text;
    }
    return undefined;
  });
}

/** Runs `body` with the effective ids of `identity` and takes the own ones back. Nothing else may run meanwhile. */
function asIdentity<T>(identity: Identity, body: () => T): T {
  if (!identity.drops) return body();
  const { setegid, seteuid, setgroups, getgroups } = process;
  if (!setegid || !seteuid || !setgroups || !getgroups) return body();
  const groups = getgroups.call(process);
  setgroups.call(process, [identity.gid]);
  setegid.call(process, identity.gid);
  seteuid.call(process, identity.uid);
  try {
    return body();
  } finally {
    seteuid.call(process, 0);
    setegid.call(process, 0);
    setgroups.call(process, groups);
  }
}

function tryPath({ path, write }: Needed): string | undefined {
  try {
    if (statSync(path).isDirectory()) {
      readdirSync(path);
      if (write) tryWrite(path);
    } else closeSync(openSync(path, 'r'));
    return undefined;
  } catch (error) {
    const blocked = errorCode(error) === 'EACCES' ? firstClosed(path) : path;
    return `${blocked} cannot be ${write && blocked === path ? 'written' : 'read'} (${reason(error)})`;
  }
}

function tryWrite(folder: string): void {
  const probe = join(folder, `.probe.${process.pid}`);
  closeSync(openSync(probe, 'wx', 0o600));
  unlinkSync(probe);
}

/** The outermost folder on the way to `path` that cannot be entered. */
function firstClosed(path: string): string {
  const way = [path];
  for (let at = dirname(path); at !== sep && at !== '.'; at = dirname(at)) way.unshift(at);
  for (const at of way) {
    try {
      // The dot needs the right to enter.
      statSync(`${at}/.`);
    } catch (error) {
      if (errorCode(error) === 'EACCES') return at;
    }
  }
  return path;
}
