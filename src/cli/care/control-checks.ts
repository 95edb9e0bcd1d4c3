/** Control files whose values qmail's rules take without a word, and that mean something else than they look like. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { controlAdvice } from '../../protocol/advice/control-advice.js';
import type { SettingsProblem } from '../../protocol/settings.js';
import { readControlDir } from '../../store/control-dir.js';
import { type CheckLine, doubtful, fault } from './check-line.js';

/** File and line as a command shows them. */
export const place = (home: string, { file, line }: SettingsProblem): string =>
  `${resolve(home, file)}${line === 0 ? '' : `:${line}`}`;

/** `known`: files with errors that were named already. */
export async function* controlChecks(home: string, known: ReadonlySet<string>): AsyncGenerator<CheckLine> {
  const names = namesIn(join(home, 'control'));
  const { files } = await readControlDir(home);
  for (const advice of controlAdvice(files, names, names.includes('morercpthosts.cdb'))) {
    if (known.has(advice.file)) continue;
    yield (advice.serious ? fault : doubtful)(place(home, advice), advice.text);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
