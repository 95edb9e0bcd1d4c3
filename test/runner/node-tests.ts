/**
 * Runs test files with node:test, each in a process of its own, and hands back every event.
 * What the events mean for the result is judged in verdict.ts.
 */
import { existsSync } from 'node:fs';
import { run } from './command.js';
import type { ReportLine } from './reporter.js';
import { root } from './tree.js';

/** Test files at work at the same time. */
const concurrency = 2;
/** A file that needs longer is ended and counts as failed. */
const secondsPerFile = 120;

export interface Tested {
  /** Compiled files that were asked for, in the order of their sources. */
  readonly files: readonly string[];
  /** Those of them that do not exist. */
  readonly missing: readonly string[];
  readonly lines: readonly ReportLine[];
  /** Output of node itself that is no event. */
  readonly rest: string;
  readonly code: number;
  readonly seconds: number;
}

/** The compiled file of a test source: test/a/b.test.ts → ROOT/dist/test/a/b.test.js. */
function compiled(source: string): string {
  return `${root}/dist/${source.replace(/\.ts$/, '.js')}`;
}

/** Runs the tests of these sources. Into `coverageFolder` every process they start writes what it executed, which slows it. */
export async function runTests(sources: readonly string[], coverageFolder?: string): Promise<Tested> {
  const files = sources.map(compiled);
  const missing = files.filter((file) => !existsSync(file));
  const present = files.filter((file) => existsSync(file));
  if (present.length === 0) return { files, missing, lines: [], rest: '', code: 0, seconds: 0 };
  const variables: Record<string, string> = coverageFolder === undefined ? {} : { NODE_V8_COVERAGE: coverageFolder };
  const args = [
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${secondsPerFile * 1000}`,
    `--test-reporter=${root}/dist/test/runner/reporter.js`,
    '--test-reporter-destination=stdout',
    ...present,
  ];
  const ran = await run(process.execPath, args, secondsPerFile * present.length, { variables });
  return { files, missing, ...split(ran.output), code: ran.code, seconds: ran.seconds };
}

function split(output: string): { lines: ReportLine[]; rest: string } {
  const lines: ReportLine[] = [];
  let rest = '';
  for (const line of output.split('\n')) {
    if (line.startsWith('{"kind":')) lines.push(JSON.parse(line) as ReportLine);
    else if (line !== '') rest += `${line}\n`;
  }
  return { lines, rest };
}

/** The sources of files in which a test failed. */
export function failedSources({ lines }: Tested, sources: readonly string[]): readonly string[] {
  const bad = new Set(lines.flatMap((line) => (line.kind === 'test' && !line.passed ? [line.file] : [])));
  return sources.filter((source) => bad.has(compiled(source)));
}

/** The run as if these files had not been in it. */
export function without(tested: Tested, sources: readonly string[]): Tested {
  const files = new Set(sources.map(compiled));
  return {
    ...tested,
    files: tested.files.filter((file) => !files.has(file)),
    lines: tested.lines.filter((line) => !('file' in line && files.has(line.file))),
    code: 0,
  };
}
