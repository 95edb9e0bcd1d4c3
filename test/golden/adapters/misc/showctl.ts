/** qmail-showctl on a home with given control files and times; the home's path and the numbers of accounts are of this machine. */
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, RecordedCase } from '../../runner/adapter.js';

interface ShowctlCase extends RecordedCase {
  readonly controls: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly mtimes?: Readonly<Record<string, number>>;
}

export const showctl: Adapter<ShowctlCase> = {
  file: 'misc',
  async run(test, tools) {
    const home = tools.home(test.controls);
    for (const [name, time] of Object.entries(test.mtimes ?? {})) utimesSync(join(home, 'control', name), time, time);
    const { exit, stdout, stderr } = await tools.invoke({ program: 'qmail-showctl' });
    const recorded = stdout
      .replace(`directory: ${home}.`, 'directory: /var/qmail.')
      .replace(/ ids: \d+(, \d+)+\./g, ' ids: {IDS}.');
    return { exit, stdout: recorded, stderr };
  },
};
