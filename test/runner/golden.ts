/**
 * The recorded cases of the files in force (test/golden), run in a process of their own: what passed, what failed, and the
 * text for a reader of the failures.
 */
import { run } from './command.js';
import { root } from './tree.js';

/** A run that needs longer is stuck. */
const limitSeconds = 600;

export interface GoldenRun {
  /** Cases as recorded, and cases that differ as chosen. */
  readonly passed: number;
  readonly failed: number;
  /** Passed and failed of each file. */
  readonly files: readonly string[];
  readonly output: string;
  readonly seconds: number;
}

interface FileLine {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly different: number;
}

/** Reads the lines that `npm run golden` prints a file; a run without any counts as a failure. */
export async function golden(): Promise<GoldenRun> {
  const ran = await run(process.execPath, [`${root}/dist/test/golden/run.js`, '--in-force'], limitSeconds);
  const lines = ran.output
    .split('\n')
    .filter((line) => line.startsWith('{"file":'))
    .map((line) => JSON.parse(line) as FileLine);
  const failed = lines.reduce((sum, line) => sum + line.failed, 0);
  const broken = failed === 0 && (ran.code !== 0 || lines.length === 0) ? 1 : 0;
  return {
    passed: lines.reduce((sum, line) => sum + line.passed + line.different, 0),
    failed: failed + broken,
    files: lines.map((line) => `${line.file} ${line.passed} (${line.different} different on purpose, ${line.failed} failed)`),
    output: ran.output,
    seconds: ran.seconds,
  };
}
