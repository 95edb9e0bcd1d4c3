/**
 * The test runner itself: nothing that did not run may count as passed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstErrors } from '../runner/first-errors.js';
import { failedSources, type Tested, without } from '../runner/node-tests.js';
import type { ReportLine, TestLine } from '../runner/reporter.js';
import { root } from '../runner/tree.js';
import { codeLines, executed } from '../runner/v8-coverage.js';
import { judge } from '../runner/verdict.js';

const file = '/x/a.test.js';
const line = (over: Partial<TestLine>): TestLine => ({
  kind: 'test',
  file,
  name: 'one',
  passed: true,
  unfinished: false,
  suite: false,
  ...over,
});
const tested = (lines: ReportLine[], over: Partial<Tested> = {}): Tested => ({
  files: [file],
  missing: [],
  lines,
  rest: '',
  code: 0,
  seconds: 0,
  ...over,
});
const counts = (run: Tested): [number, number] => {
  const { passed, failed } = judge(run);
  return [passed, failed];
};

test('a passed test counts, its suite does not', () => {
  assert.deepEqual(counts(tested([line({}), line({ name: 'group', suite: true })])), [1, 0]);
});

test('a skipped test counts as failed', () => {
  assert.deepEqual(counts(tested([line({}), line({ name: 'two', unfinished: true })])), [1, 1]);
});

test('a file without a test counts as failed: node reports it as a passed test of its own name', () => {
  assert.deepEqual(counts(tested([line({ name: file })])), [0, 1]);
});

test('a file that reports nothing, and one that was not compiled, count as failed', () => {
  assert.deepEqual(counts(tested([])), [0, 1]);
  assert.deepEqual(counts(tested([], { missing: [file] })), [0, 1]);
});

test('a file that ends badly after its tests counts as failed, and names what was not ended', () => {
  const hung: ReportLine = { kind: 'begun', file, name: 'two' };
  const verdict = judge(tested([line({}), hung, line({ name: file, passed: false, why: 'timed out' })], { code: 1 }));
  assert.deepEqual([verdict.passed, verdict.failed], [1, 1]);
  assert.match(verdict.failures[0] ?? '', /begun and not ended: two/);
});

test('an exit code without a failed test counts as failed', () => {
  assert.deepEqual(counts(tested([line({})], { code: 7 })), [1, 1]);
});

test('errors that follow from a lower layer are left out, the others stay', () => {
  const cause = 'src/store/a.ts(1,1): error TS2741: cause';
  const output = `${cause}\n  more of it\nsrc/cli/b.ts(1,1): error TS6305: not built\nsrc/cli/b.ts(2,2): error TS7006: any\n  more`;
  assert.equal(
    firstErrors(output),
    `${cause}\n  more of it\n(3 lines about 1 files left out: they use a layer that did not compile)`,
  );
  assert.equal(firstErrors(cause), cause);
});

test('executed lines: comments and blanks are no code, inner ranges override outer ones', () => {
  const text = '/**\n * why\n */\nfunction f(a) {\n\n  // note\n  if (a) {\n    g();\n  }\n}\nf(0);\n';
  const lines = codeLines(text);
  assert.deepEqual(
    lines.map(({ start, end }) => text.slice(start, end)),
    ['function f(a) {', 'if (a) {', 'g();', '}', '}', 'f(0);'],
  );
  const at = (part: string): number => text.indexOf(part);
  const script = {
    url: '',
    functions: [
      { ranges: [{ startOffset: 0, endOffset: text.length, count: 1 }] },
      {
        ranges: [
          { startOffset: at('function'), endOffset: at('f(0)') - 1, count: 1 },
          { startOffset: at('{\n    g'), endOffset: at('  }') + 3, count: 0 },
        ],
      },
    ],
  };
  assert.deepEqual(executed(script, lines), [true, true, false, false, true, true]);
  const never = { url: '', functions: [{ ranges: [{ startOffset: at('function'), endOffset: at('f(0)') - 1, count: 0 }] }] };
  assert.deepEqual(executed(never, lines), [false, false, false, false, false, true]);
});

test('a file that failed is taken out of a run whole, and nothing else is', () => {
  const [good, bad] = ['test/good.test.ts', 'test/bad.test.ts'];
  const place = (source: string): string => `${root}/dist/${source.replace('.ts', '.js')}`;
  const run = tested(
    [
      line({ file: place(good) }),
      line({ file: place(bad) }),
      line({ file: place(bad), name: 'two', passed: false }),
      line({ file: place(good), name: 'skipped', unfinished: true }),
    ],
    { files: [place(good), place(bad)], code: 1 },
  );
  assert.deepEqual(failedSources(run, [good, bad]), [bad]);
  assert.deepEqual(counts(without(run, [bad])), [1, 1]);
  assert.deepEqual(without(run, [bad]).files, [place(good)]);
});
