/**
 * Reads the recorded cases and the names of the files in force.
 * Tests run compiled; the recordings stay in the source tree.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../runner/tree.js';
import type { RecordedCase } from './adapter.js';

const own = join(root, 'test/golden');

/** `--dir`, else $TQMAIL_GOLDEN, else the project's copy. */
export function casesFolder(option: string | undefined): string {
  const named = option ?? process.env.TQMAIL_GOLDEN;
  return named !== undefined && named !== '' ? named : join(own, 'cases');
}

/** Names of the files of cases in a folder, sorted; undefined when there is no such folder. */
export function caseFiles(folder: string): readonly string[] | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
    .sort();
}

export function readCases(folder: string, file: string): readonly RecordedCase[] {
  return readFileSync(join(folder, `${file}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedCase);
}

/** Files whose cases must pass: a name a line, `#` begins a comment. */
export function filesInForce(): ReadonlySet<string> {
  const lines = readFileSync(join(own, 'in-force'), 'utf8').split('\n');
  return new Set(lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== ''));
}
