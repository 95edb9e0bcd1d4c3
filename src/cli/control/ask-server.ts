/**
 * Asks a server whose node may be just starting, or between two lives: its lock tells that it is there.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { CommandTrouble, errorCode, reason } from '../complain.js';
import { lockFile } from '../home.js';
import { closeLock, openLock, tryLock } from '../lock.js';
import { askNode } from './client.js';
import type { ControlAnswer, ControlRequest } from './messages.js';

/** The node's answer; a server whose node is just starting is asked again for some seconds. */
export async function askServer(home: string, request: Omit<ControlRequest, 'version'>): Promise<ControlAnswer | undefined> {
  for (let tries = 0; ; tries++) {
    const answer = await askNode(home, request);
    if (answer !== undefined || tries >= 20 || !serverHolds(home)) return answer;
    await wait(250);
  }
}

/** True while somebody holds the lock of the queue. */
export function serverHolds(home: string): boolean {
  const fd = presentLock(home);
  if (fd === undefined) return false;
  try {
    return !tryLock(fd);
  } finally {
    closeLock(fd);
  }
}

/** Undefined when nobody ever took the lock. It is not made here: it must belong to the owner of the queue. */
export function presentLock(home: string): number | undefined {
  try {
    return openLock(lockFile(home), false);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return undefined;
    const text = code === 'EACCES' ? 'only root and the owner of the queue may ask' : reason(error);
    throw new CommandTrouble(111, `${lockFile(home)}: ${text}`);
  }
}
