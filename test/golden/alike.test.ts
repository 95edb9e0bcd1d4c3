/**
 * different.json speaks of kinds, not of cases: a case of each kind that it lists is judged alike under an id that no list names, as a
 * recording of the same kind would be; and what a rule takes as another input has to give what that input gives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adapters } from './adapters/table.js';
import type { RecordedCase } from './runner/adapter.js';
import { another } from './runner/as-another.js';
import { type Difference, ownDifferences } from './runner/differences.js';
import { judgeAsAnother } from './runner/judge.js';
import { casesFolder, filesInForce, readCases } from './runner/lists.js';
import { runFile } from './runner/run-file.js';

const differences = ownDifferences();
/** Two of each kind: the others differ in an address or a word. */
const listed = new Set(differences.flatMap(({ ids }) => ids.slice(0, 2)));

for (const file of filesInForce()) {
  const some = readCases(casesFolder(undefined), file).filter(({ id }) => listed.has(id));
  const cases = some.map((one) => ({ ...one, id: `${one.id}-alike` }));
  const adapter = adapters.get(file);
  if (adapter === undefined || cases.length === 0) continue;
  test(`${file}: listed differences hold under other ids`, async (t) => {
    const results = await runFile(adapter, cases, { differences, ownProcesses: 1 });
    t.diagnostic(`${results.length} cases`);
    const wrong = results
      .filter(({ verdict }) => verdict.is !== 'different')
      .map(({ test: { id }, verdict }) => ({ id, verdict }));
    assert.deepEqual(wrong, []);
  });
}

const one = (more: object): RecordedCase => ({ id: 'x-1', area: 'a', description: 'd', expected: { exit: 0 }, ...more });
const list = (rule: object): readonly Difference[] => [{ reason: 'why', ids: [], rule: { file: 'x', ...rule } }];

test('a case taken as another: texts, lists, missing parts, lines', () => {
  const changed = (rule: object, more: object): object | undefined => another(list(rule), 'x', one(more))?.test;
  const ended = { as: { change: [['mail.*.message', '[^\\n]$', '$&\n']] } };
  assert.deepEqual(changed(ended, { mail: [{ message: 'a' }, { message: 'b\n' }, {}] }), {
    ...one({}),
    mail: [{ message: 'a\n' }, { message: 'b\n' }, {}],
  });
  assert.equal(changed(ended, { mail: [{ message: 'b\n' }] }), undefined);
  assert.equal(changed(ended, {}), undefined);
  const closed = { as: { change: [['controls.rcpthosts', '^$', '']] } };
  assert.deepEqual(changed(closed, {}), one({ controls: { rcpthosts: '' } }));
  assert.equal(changed(closed, { controls: { rcpthosts: 'a\n' } }), undefined);
  assert.deepEqual(changed({ as: { change: [['a.1', null, '']] } }, { a: ['x', 'y', 'z'] }), one({ a: ['x', 'z'] }));
  assert.deepEqual(changed({ as: { lines: 'input' } }, { input: 'USER a\r\nQU' }), one({ input: ['USER a\r\n', 'QU'] }));
  assert.equal(changed({ where: { input: '^b' }, ...closed }, { input: 'ab' }), undefined);
  assert.equal(another(list(closed), 'y', one({})), undefined);
});

test('such a case gives what the other input gives, or fails', () => {
  const rule = another(list({ as: { change: [['input', '^$', '']] }, set: { exit: 1 } }), 'x', one({}));
  assert.ok(rule !== undefined);
  const is = (got: object, other: object | undefined): string =>
    judgeAsAnother({ got, verdict: { is: 'failed', lines: [] } }, other, rule).is;
  assert.equal(is({ exit: 1, output: 'a' }, { exit: 0, output: 'a' }), 'different');
  assert.equal(is({ exit: 1, output: 'b' }, { exit: 0, output: 'a' }), 'failed');
  assert.equal(is({ exit: 0, output: 'a' }, { exit: 0, output: 'a' }), 'failed');
  assert.equal(is({ exit: 1 }, undefined), 'failed');
});
