/** All checks of a home, in the order in which they make sense. Each is a generator of lines; none changes anything for good. */
import { readSettings } from '../../store/control-dir.js';
import { type CheckLine, fault, fine } from './check-line.js';
import { controlChecks, place } from './control-checks.js';
import { diskChecks } from './disk-checks.js';
import { fileChecks } from './file-checks.js';
import { listenerChecks } from './listener-checks.js';
import { nameServerChecks } from './name-server-checks.js';

export async function* checkHome(home: string): AsyncGenerator<CheckLine> {
  yield* fileChecks(home);
  const read = await readSettings(home);
  if ('problems' in read) {
    for (const problem of read.problems) yield fault(place(home, problem), problem.text);
    yield* controlChecks(home, new Set(read.problems.map(({ file }) => file)));
    return;
  }
  yield fine('settings', `${read.settings.me}, all control files can be read`);
  yield* controlChecks(home, new Set());
  yield* listenerChecks(home, read.settings);
  yield* nameServerChecks(read.settings);
  yield* diskChecks(home, read.settings);
}
