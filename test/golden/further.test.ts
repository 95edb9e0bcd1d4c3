/**
 * The cases of test/golden/further through the real commands: inputs that the recording lacks, answered as qmail answers
 * by its source. None of them is one in which tqmail differs.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../runner/tree.js';
import { adapters } from './adapters/table.js';
import { caseFiles, readCases } from './runner/lists.js';
import { runFile } from './runner/run-file.js';

const folder = join(root, 'test/golden/further');

test('there are further cases', () =>
  assert.deepEqual(caseFiles(folder), ['local', 'misc', 'qmqpd', 'qmtpd', 'remote', 'send', 'smtpd']));

for (const file of caseFiles(folder) ?? []) {
  test(`${file}: as qmail does by its source`, async (t) => {
    const adapter = adapters.get(file);
    assert.ok(adapter !== undefined);
    const results = await runFile(adapter, readCases(folder, file), { differences: [], ownProcesses: 1 });
    t.diagnostic(`${results.length} cases`);
    assert.ok(results.length >= 10);
    const failed = results.flatMap(({ test: { id, description }, verdict }) =>
      verdict.is === 'passed' ? [] : [{ id, description, verdict }],
    );
    assert.deepEqual(failed, []);
  });
}
