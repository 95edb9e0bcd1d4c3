/**
 * The settings of a home: the texts of control/ read and parsed. A file that cannot be read is a problem
 * like a bad value, named with its reason.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSettings, type SettingsResult } from '../protocol/control.js';
import type { SettingsProblem } from '../protocol/settings.js';
import { errorCode, reason } from './complain.js';

/** Control files are small; a larger one is a mistake. */
const largestFile = 64 * 1024 * 1024;

/** Never rejects: what cannot be read is told as a problem. */
export async function readSettings(home: string): Promise<SettingsResult> {
  const folder = join(home, 'control');
  const files = new Map<string, string>();
  const problems: SettingsProblem[] = [];
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    return { problems: [{ file: 'control', line: 0, text: reason(error) }] };
  }
  for (const name of names) {
    try {
      const text = await readFile(join(folder, name), 'latin1');
      if (text.length > largestFile) problems.push({ file: `control/${name}`, line: 0, text: 'is larger than 64 MiB' });
      else files.set(name, text);
    } catch (error) {
      // A folder in control/ is not a control file.
      if (errorCode(error) !== 'EISDIR') problems.push({ file: `control/${name}`, line: 0, text: reason(error) });
    }
  }
  const parsed = parseSettings(files);
  if (problems.length === 0) return parsed;
  return { problems: 'problems' in parsed ? [...problems, ...parsed.problems] : problems };
}
