/**
 * docs/faults.md: every test that it names is there, in the file that it names, and every line has a test and a control.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../runner/tree.js';
import { named, notThere, tableRows, uncited } from './cited.js';

const columns = 6;

/** Cells of every line with a number of its own. */
const rows = (document: string): string[][] => tableRows(document).filter(([number = '']) => /^[A-Z]\d+$/.test(number));

/** What is wrong with a document. */
function faults(document: string): string[] {
  return rows(document).flatMap((cells) => {
    const [number = '', , , tests = '', control = ''] = cells;
    const missing = notThere([...named(tests), ...named(control)]).map((line) => `${number}: ${line}`);
    if (cells.length !== columns) missing.push(`${number}: ${cells.length} columns`);
    if (named(tests).length === 0) missing.push(`${number}: no test`);
    if (named(control).length === 0) missing.push(`${number}: no control`);
    const left = uncited(`${tests} ${control}`);
    if (left !== '') missing.push(`${number}: not file and name: ${left}`);
    return missing;
  });
}

const text = readFileSync(join(root, 'docs/faults.md'), 'utf8');

test('docs/faults.md names tests and controls that are there', (t) => {
  const numbers = rows(text).map(([number]) => number);
  t.diagnostic(`${numbers.length} faults and attacks`);
  assert.ok(numbers.length >= 55);
  assert.equal(new Set(numbers).size, numbers.length, 'a number is used once');
  assert.deepEqual(faults(text), []);
});

test('a name that is not there, a line without a control and a wrong line are noticed', () => {
  const row = (tests: string, control: string): string => `| X1 | a | b | ${tests} | ${control} | – |`;
  const good = '`test/docs/faults.test.ts` "a name that is not there"';
  assert.deepEqual(faults(row(good, good)), []);
  assert.equal(faults(row(good.replace('not there', 'no\\where'), good)).length, 1);
  assert.equal(faults(row(good.replace('faults.test', 'none.test'), good)).length, 1);
  assert.equal(faults(row(good, '')).length, 1);
  assert.equal(faults(row(`${good} and more`, good)).length, 1);
  assert.equal(faults(`${row(good, good)} x |`).length, 1);
});
