/**
 * All of a home's control/ folder: its texts, and the settings they amount to. What a file means is
 * protocol/control.ts; how one is read is read-controls.ts.
 */
import { parseSettings, type SettingsResult } from '../protocol/control.js';
import { controlNames } from '../protocol/control-names.js';
import { type ControlDir, readControls } from './read-controls.js';
import { rulesProblems } from './rules-file.js';

/** Reads the named files below `home`/control, or all that are known. Never throws for what it finds there. */
export function readControlDir(home: string, names: readonly string[] = controlNames): Promise<ControlDir> {
  return readControls(home, names);
}

/** The settings of a home, or all that is wrong with its control files. */
export async function readSettings(home: string): Promise<SettingsResult> {
  const { files, problems } = await readControlDir(home);
  if (problems.length === 0) {
    const parsed = parseSettings(files);
    const bad = 'settings' in parsed ? rulesProblems(home, parsed.settings.listeners) : [];
    return bad.length === 0 ? parsed : { problems: bad };
  }
  const unreadable = new Set(problems.map(({ file }) => file));
  const parsed = files.size === 0 ? { problems: [] } : parseSettings(files);
  // A file that cannot be read would also count as missing: say it once.
  const more = 'problems' in parsed ? parsed.problems.filter(({ file }) => !unreadable.has(file)) : [];
  return { problems: [...problems, ...more] };
}
