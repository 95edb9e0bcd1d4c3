/**
 * One file, one idea, one page: the bounds on size and the header comment of every source file.
 * Functions are bounded by the linter (biome.json).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { filesBelow, root } from '../runner/tree.js';

const mostLines = 400;
const medianBelow = 120;

interface Source {
  readonly path: string;
  readonly lines: readonly string[];
}

const product = ['src', 'bench', 'bundle'].flatMap((folder) => filesBelow(folder, '.ts')).map(read);
const tests = filesBelow('test', '.ts')
  .filter((path) => !path.startsWith('test/layers/fixtures/'))
  .map(read);

function read(path: string): Source {
  return { path, lines: readFileSync(`${root}/${path}`, 'utf8').trimEnd().split('\n') };
}

test(`no file of src, bench and bundle has more than ${mostLines} lines`, () => {
  assert.ok(product.length > 0);
  const long = product.filter(({ lines }) => lines.length > mostLines).map(({ path, lines }) => `${path}: ${lines.length}`);
  assert.deepEqual(long, []);
});

test(`the median file of src, bench and bundle has fewer than ${medianBelow} lines`, () => {
  const lengths = product.map(({ lines }) => lines.length).sort((a, b) => a - b);
  const median = lengths[Math.floor(lengths.length / 2)] ?? Number.POSITIVE_INFINITY;
  assert.ok(median < medianBelow, `the median is ${median} lines`);
});

test('every file begins with a comment that says what it is for', () => {
  const bare = [...product, ...tests].filter(({ lines }) => !/^(\/\*\*|\/\/ \S)/.test(withoutInterpreter(lines)[0] ?? ''));
  assert.deepEqual(
    bare.map(({ path }) => path),
    [],
  );
});

function withoutInterpreter(lines: readonly string[]): readonly string[] {
  return lines[0]?.startsWith('#!') ? lines.slice(1) : lines;
}
