/**
 * Where the home is: `--home DIR`, else `$QMAILHOME`, else the home that the command was called out of, else `/var/qmail`;
 * and the paths below it that commands share. Only names; nothing is opened here.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Absolute path of the home folder. `called` is the path of the command as it was called, links not followed. */
export function homeFolder(option: string | undefined, called = process.argv[1]): string {
  if (option !== undefined && option !== '') return namedFolder(option);
  const named = option ?? process.env.QMAILHOME;
  return resolve(named !== undefined && named !== '' ? named : (homeOf(called) ?? '/var/qmail'));
}

/** Absolute path of a folder that somebody named. Throws RangeError for what Node cannot pass on as it was given. */
export function namedFolder(name: string): string {
  if (name.includes('\ufffd')) throw new RangeError(`${name}: the name is not UTF-8; use a home with another name`);
  return resolve(name);
}

/** HOME of `HOME/bin/NAME`: `init` puts links to all commands there. */
function homeOf(called: string | undefined): string | undefined {
  if (called === undefined || basename(dirname(called)) !== 'bin') return undefined;
  const home = dirname(dirname(resolve(called)));
  return existsSync(join(home, 'control', 'me')) ? home : undefined;
}

export const queueFolder = (home: string): string => join(home, 'queue');
export const lockFile = (home: string): string => join(home, 'queue', 'lock');
export const runFolder = (home: string): string => join(home, 'run');
export const pidsFile = (home: string): string => join(home, 'run', 'pids');
export const controlSocket = (home: string): string => join(home, 'run', 'control.sock');
export const queueSocket = (home: string): string => join(home, 'run', 'queue.sock');
export const lspawndSocket = (home: string): string => join(home, 'run', 'lspawnd.sock');
