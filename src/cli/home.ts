/**
 * Where the home is: `--home DIR`, else `$QMAILHOME`, else `/var/qmail`; and the paths below it that commands share.
 * Only names; nothing is opened here.
 */
import { join, resolve } from 'node:path';

/** Absolute path of the home folder. */
export function homeFolder(option: string | undefined): string {
  const named = option ?? process.env.QMAILHOME;
  return resolve(named !== undefined && named !== '' ? named : '/var/qmail');
}

export const queueFolder = (home: string): string => join(home, 'queue');
export const lockFile = (home: string): string => join(home, 'queue', 'lock');
export const runFolder = (home: string): string => join(home, 'run');
export const pidsFile = (home: string): string => join(home, 'run', 'pids');
export const controlSocket = (home: string): string => join(home, 'run', 'control.sock');
export const queueSocket = (home: string): string => join(home, 'run', 'queue.sock');
export const lspawndSocket = (home: string): string => join(home, 'run', 'lspawnd.sock');
