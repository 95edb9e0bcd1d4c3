/**
 * When a dead process is started again: the delays, and the end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Failures, nextRestart, noFailures } from '../../src/cli/start/back-off.js';

/** Delays of deaths at these times, each process living `livedMs`; `give up` ends the list. */
function delays(times: readonly number[], livedMs: number): readonly (number | 'give up')[] {
  let failures: Failures = noFailures;
  const seen: (number | 'give up')[] = [];
  for (const time of times) {
    const next = nextRestart(failures, time - livedMs, time);
    if (next.tag === 'give up') return [...seen, 'give up'];
    seen.push(next.delayMs);
    failures = next.failures;
  }
  return seen;
}

test('the delay doubles, and the fifth failure within a minute gives up', () => {
  assert.deepEqual(delays([0, 10, 20, 30, 40], 5), [100, 200, 400, 800, 'give up']);
  assert.deepEqual(delays([0, 10, 20, 30, 60_009], 5), [100, 200, 400, 800, 1600]);
});

test('the delay stays at 10 s, and a minute of life starts it anew', () => {
  const every20s = Array.from({ length: 12 }, (_, index) => index * 20_000);
  assert.deepEqual(delays(every20s, 19_000).slice(-6), [6400, 10_000, 10_000, 10_000, 10_000, 10_000].slice(0, 6));
  assert.deepEqual(delays([0, 61_000, 122_000], 60_000), [100, 100, 100]);
});
