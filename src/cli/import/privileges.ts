/**
 * Root reads another mail system's files and writes the queue as its owner: the effective ids are the owner's, root's
 * are taken back for single steps that do not wait for anything.
 */
import { statSync } from 'node:fs';
import { CommandTrouble, reason } from '../complain.js';

let owner: { readonly uid: number; readonly gid: number } | undefined;

/** As root: becomes the owner of `folder`, and can go back. Anybody else must be that owner. */
export function effectiveOwner(folder: string): void {
  let found: { readonly uid: number; readonly gid: number };
  try {
    found = statSync(folder);
  } catch (error) {
    throw new CommandTrouble(111, `${folder}: ${reason(error)}`);
  }
  const uid = process.geteuid?.();
  if (uid === found.uid) return;
  if (uid !== 0) throw new CommandTrouble(111, `${folder}: only root and uid ${found.uid} can import`);
  owner = found;
  process.setegid?.(found.gid);
  process.seteuid?.(found.uid);
}

/** `step` must not wait: whatever ran meanwhile would be root too. */
export function withRoot<T>(step: () => T): T {
  if (owner === undefined) return step();
  process.seteuid?.(0);
  process.setegid?.(0);
  try {
    return step();
  } finally {
    process.setegid?.(owner.gid);
    process.seteuid?.(owner.uid);
  }
}
