/**
 * The closed files of one log folder: their names, and how many stay (spec companions.md §2.2). Every step can be
 * interrupted: a file is linked under its new name before the old name goes.
 */
import { linkSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { tai64n } from '../../../protocol/tai64n.js';
import { errorCode } from '../../complain.js';

const closedName = /^@[0-9a-f]{24}\.[su]$/;

/** Gives `folder/name` its final name with the moment in it; nothing when the file is gone. */
export function finish(folder: string, name: string, code: 's' | 'u', keep: number): void {
  const file = join(folder, name);
  const { nlink } = statSync(file, { throwIfNoEntry: false }) ?? { nlink: 0 };
  if (nlink === 0) return;
  // A second link means: it had its final name already when somebody interrupted us.
  if (nlink === 1) linkFinal(folder, file, code);
  unlinkSync(file);
  removeOldest(folder, keep);
}

function linkFinal(folder: string, file: string, code: 's' | 'u'): void {
  const now = Date.now();
  for (let more = 0; ; more++) {
    const label = tai64n(Math.floor(now / 1000), (now % 1000) * 1_000_000 + more);
    try {
      linkSync(file, join(folder, `${label}.${code}`));
      return;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

/** `keep` log files at most, `current` counted: the names sort by age. */
function removeOldest(folder: string, keep: number): void {
  const closed = readdirSync(folder)
    .filter((name) => closedName.test(name))
    .sort();
  for (const name of closed.slice(0, Math.max(0, closed.length - keep + 1))) unlinkSync(join(folder, name));
}
