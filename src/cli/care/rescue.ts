/**
 * `tqmail rescue DIR`: writes every message of a stopped queue that can be read whole into a new folder, whatever else is
 * damaged, as files that qmail-queue takes in again. The queue stays as it is.
 */
import { chownSync, mkdirSync, rmdirSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandTrouble, reason } from '../complain.js';
import { queueFolder } from '../home.js';
import { careArguments } from './arguments.js';
import { findingLine } from './finding-line.js';
import { lockedQueue } from './locked-queue.js';

export async function main(args: readonly string[]): Promise<number> {
  const { home, folder } = careArguments(args, 'rescue', [], true);
  const into = resolve(folder);
  makeFolder(into, queueOwner(home));
  const { checkQueue } = await import('../../store/check-queue.js');
  const { messages, rescued, findings } = await lockedQueue(home, 'rescue', (dir, progress) =>
    checkQueue(dir, into, (looked) => progress.show(`${looked} messages`)),
  ).catch((error: unknown) => {
    removeEmpty(into);
    throw error;
  });
  process.stdout.write(findings.map(findingLine).join(''));
  process.stdout.write(`${rescued} of ${messages} messages saved in ${into}\n`);
  if (rescued > 0) {
    process.stdout.write(`each goes into a queue again with: qmail-queue 0<ID.mess 1<ID.envelope\n`);
  }
  return findings.length === 0 ? 0 : 1;
}

function queueOwner(home: string): Stats {
  const folder = queueFolder(home);
  try {
    return statSync(folder);
  } catch (error) {
    throw new CommandTrouble(111, `${folder}: ${reason(error)}; name the home with --home DIR`);
  }
}

/** Whoever tries again may give the same name. */
function removeEmpty(into: string): void {
  try {
    rmdirSync(into);
  } catch {
    // It holds messages already.
  }
}

/** As root it must belong to the owner of the queue, as whom the work is done. */
function makeFolder(into: string, { uid, gid }: Stats): void {
  try {
    mkdirSync(into, { mode: 0o700 });
    if (process.geteuid?.() === 0) chownSync(into, uid, gid);
  } catch (error) {
    throw new CommandTrouble(111, `${into}: ${reason(error)}; name a folder that does not exist yet, in one that does`);
  }
}
