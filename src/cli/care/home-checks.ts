/** All checks of a home, in the order in which they make sense. Each is a generator of lines; none changes anything for good. */
import { resolve } from 'node:path';
import { readSettings } from '../../store/control-dir.js';
import { type CheckLine, fault, fine } from './check-line.js';
import { diskChecks } from './disk-checks.js';
import { fileChecks } from './file-checks.js';
import { listenerChecks } from './listener-checks.js';
import { nameServerChecks } from './name-server-checks.js';

export async function* checkHome(home: string): AsyncGenerator<CheckLine> {
  yield* fileChecks(home);
  const read = await readSettings(home);
  if ('problems' in read) {
    for (const { file, line, text } of read.problems) yield fault(`${resolve(home, file)}${line === 0 ? '' : `:${line}`}`, text);
    return;
  }
  yield fine('settings', `${read.settings.me}, all control files can be read`);
  yield* listenerChecks(home, read.settings.listeners);
  yield* nameServerChecks(read.settings);
  yield* diskChecks(home, read.settings);
}
