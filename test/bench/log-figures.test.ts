/**
 * The figures of `tqmail report` on a server's log are those of the sinks that got its mail, and a figure that is not is
 * noticed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparedFigures } from '../../bench/log/compare.js';
import { run } from '../runner/command.js';
import { root } from '../runner/tree.js';

test('a run of mail: every figure of the report is that of the sinks', async () => {
  const { code, output } = await run(process.execPath, [`${root}/dist/bench/run.js`, 'log', '--messages', '120'], 120);
  assert.equal(code, 0, output);
  assert.equal(output.match(/ ok$/gm)?.length, 18, output);
  assert.match(output, /^messages +120 +120 {2}ok$/m);
});

test('a figure that differs or is missing does not pass', () => {
  const report =
    'Completed messages: 2\nRecipients for completed messages: 2\n     10      2   1      0     1    0.10  0.05  remote.a.test\n';
  const wrong = comparedFigures(report, 2, [{ name: 'a.test', messages: 2, octets: 10 }])
    .filter(({ log, sink }) => log !== sink)
    .map(({ what, log }) => [what, log]);
  assert.deepEqual(wrong, [
    ['attempts', Number.NaN],
    ['success', Number.NaN],
    ['failure', Number.NaN],
    ['deferral', Number.NaN],
    ['bytes', Number.NaN],
    ['bytes weighted by success', Number.NaN],
    ['a.test: success', 1],
  ]);
});
