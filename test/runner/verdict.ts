/**
 * What the events of a test run mean: how many tests passed and failed, and what a reader needs to find the failures.
 * Strict on purpose: a skipped test, a file without a test and a file that was not compiled count as failed.
 */
import type { Tested } from './node-tests.js';
import type { TestLine } from './reporter.js';
import { root } from './tree.js';

/** How much of one failure's text is shown. */
const mostLines = 40;
const mostColumns = 500;

export interface Verdict {
  readonly passed: number;
  readonly failed: number;
  /** One text a failure, the file first. */
  readonly failures: readonly string[];
}

/** node:test reports an empty file, and one that crashed, as a test that bears the file's name. */
function isFileItself(test: TestLine): boolean {
  return test.name === test.file;
}

function describe(test: TestLine, hung: readonly string[]): string {
  const name = isFileItself(test) ? 'the file as a whole' : test.name;
  const notEnded = isFileItself(test) && hung.length > 0 ? `\nbegun and not ended: ${hung.join(', ')}` : '';
  const why = test.unfinished ? 'skipped or todo: finish it or remove it' : (test.why ?? 'no reason was given');
  return `${short(test.file)}: ${name}${notEnded}\n${beginning(why)}`;
}

/** A comparison of two large values can fill thousands of lines; the first ones show the difference. */
function beginning(text: string): string {
  const lines = text.split('\n');
  const cut = lines.length > mostLines ? [...lines.slice(0, mostLines), `(${lines.length - mostLines} further lines)`] : lines;
  return cut.map((line) => line.slice(0, mostColumns)).join('\n');
}

function hungTests(tested: Tested, file: string): string[] {
  const own = tested.lines.filter((line) => 'file' in line && line.file === file);
  const over = new Set(own.filter((line) => line.kind === 'test').map((line) => line.name));
  return own
    .filter((line) => line.kind === 'begun' && line.name !== file && !over.has(line.name))
    .map((line) => ('name' in line ? line.name : ''));
}

/** Judges a run; never throws. */
export function judge(tested: Tested): Verdict {
  const tests = tested.lines.filter((line) => line.kind === 'test').filter((test) => !test.suite);
  const bad = tests.filter((test) => !test.passed || test.unfinished);
  const real = tests.filter((test) => !isFileItself(test));
  const silent = tested.files.filter(
    (file) =>
      !tested.missing.includes(file) && !tests.some((test) => test.file === file && (!isFileItself(test) || !test.passed)),
  );
  const failures = [
    ...tested.missing.map((file) => `${short(file)}: not compiled`),
    ...silent.map((file) => `${short(file)}: no test ran in it`),
    ...bad.map((test) => describe(test, hungTests(tested, test.file))),
  ];
  if (tested.code !== 0 && failures.length === 0) failures.push(`node --test ended with ${tested.code}`);
  return { passed: real.filter((test) => test.passed && !test.unfinished).length, failed: failures.length, failures };
}

/** What the tests and node printed, for the reader of a failure. */
export function printed(tested: Tested): string {
  return tested.lines
    .filter((line) => line.kind === 'printed')
    .map((line) => line.text.trimEnd())
    .concat(tested.rest.trimEnd())
    .filter((text) => text !== '')
    .join('\n');
}

/** The `count` files that took longest, one text each. */
export function slowest(tested: Tested, count: number): string[] {
  return tested.lines
    .filter((line) => line.kind === 'file')
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, count)
    .map((line) => `${line.seconds.toFixed(1)} s ${short(line.file)}`);
}

function short(file: string): string {
  return file.startsWith(`${root}/dist/`) ? file.slice(root.length + 6) : file;
}
