/**
 * The lock of a home: queue/lock, held by whoever may write the queue. It belongs to the open file,
 * so it lives until the last process that inherited the descriptor is gone. flock(1) of util-linux
 * takes it on our descriptor, because Node has no call for it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { CommandTrouble, reason } from './complain.js';

const held = 99;

/** Opens the lock file. `create` only as the owner of queue/: it must be able to open it again. */
export function openLock(path: string, create: boolean): number {
  return openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | (create ? constants.O_CREAT : 0), 0o600);
}

/** Takes the lock without waiting: false when somebody else has it. */
export function tryLock(fd: number): boolean {
  const { status, error } = spawnSync('flock', ['-n', '-E', String(held), '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
  return verdict(status, error);
}

/** The same, for who has something to do meanwhile. */
export const tryLockMeanwhile = (fd: number): Promise<boolean> => locked(fd, ['-n']);

/** Waits for the lock at most `seconds`: false when it was not to be had. */
export const waitForLock = (fd: number, seconds: number): Promise<boolean> => locked(fd, ['-w', String(seconds)]);

function locked(fd: number, how: readonly string[]): Promise<boolean> {
  const args = [...how, '-E', String(held), '3'];
  return new Promise((settle, fail) => {
    const child = spawn('flock', args, { stdio: ['ignore', 'ignore', 'ignore', fd] });
    child.once('error', (error) => {
      fail(new CommandTrouble(111, `cannot run flock: ${reason(error)}; install util-linux`));
    });
    child.once('exit', (status) => {
      try {
        settle(verdict(status, undefined));
      } catch (error) {
        fail(error);
      }
    });
  });
}

function verdict(status: number | null, error: Error | undefined): boolean {
  if (error !== undefined) throw new CommandTrouble(111, `cannot run flock: ${reason(error)}; install util-linux`);
  if (status === 0) return true;
  if (status === held) return false;
  throw new CommandTrouble(111, `flock failed with exit code ${status}; the lock of the queue cannot be taken`);
}

export function closeLock(fd: number): void {
  closeSync(fd);
}
