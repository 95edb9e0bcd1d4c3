/**
 * Is a qmail-send at work on a queue folder? It holds queue/lock/sendmutex while it runs. Taking that lock keeps one from
 * being started meanwhile.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandTrouble, errorCode, reason } from '../complain.js';
import { tryLock } from '../lock.js';

/** Resolves to what gives the lock back. Throws CommandTrouble 111 when somebody has it. */
export function holdSource(folder: string): () => void {
  const path = join(folder, 'lock/sendmutex');
  let fd: number;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // A copy of a queue need not have a lock.
    if (errorCode(error) === 'ENOENT') return () => undefined;
    throw new CommandTrouble(111, `${path}: ${reason(error)}: cannot tell whether a qmail-send is running`);
  }
  if (isLocked(fstatSync(fd).ino) || !tryLock(fd)) {
    closeSync(fd);
    throw new CommandTrouble(111, `a qmail-send is running on ${folder} (${path} is locked): stop it first`);
  }
  return () => closeSync(fd);
}

/** qmails without flock() lock in another way, which flock does not see; the kernel lists both. */
function isLocked(inode: number): boolean {
  try {
    return new RegExp(`:${inode} `).test(readFileSync('/proc/locks', 'latin1'));
  } catch {
    return false;
  }
}
