/** qmail-clean on a queue folder in qmail's form: its answers and the files that are left. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Adapter, RecordedCase } from '../../runner/adapter.js';

interface CleanCase extends RecordedCase {
  readonly stdin: string;
  /** Relative to the queue folder. */
  readonly queueFiles: readonly string[];
}

export const clean: Adapter<CleanCase> = {
  file: 'misc',
  async run(test, tools) {
    const queue = join(tools.home(), 'queue');
    for (const file of test.queueFiles) {
      mkdirSync(dirname(join(queue, file)), { recursive: true });
      writeFileSync(join(queue, file), 'x');
    }
    const { exit, stdout } = await tools.invoke({ program: 'qmail-clean', input: test.stdin });
    const left = readdirSync(queue, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(queue, name)).isFile());
    return { exit, stdout, queueFiles: left.sort() };
  },
};
