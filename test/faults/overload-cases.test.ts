/**
 * The harness of `npm run overload`, short: a destination that never says a word holds no other mail up, and a server
 * whose mail gets lost on the way is noticed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overloadCases } from './overload/cases.js';
import { runCase } from './overload/run-case.js';

const mute = overloadCases.find(({ name }) => name === 'mute-hop');

test('a destination that never says a word: normal mail goes on', async (t) => {
  assert.ok(mute);
  const row = await runCase(mute, { scale: 0.001 });
  t.diagnostic(`${row.figures}; normal mail ${row.normal}; peak ${Math.round(row.watched.peakMiB)} MiB`);
  assert.deepEqual(row.complaints, []);
});

test('control: a next hop that forgets messages is noticed', async () => {
  assert.ok(mute);
  const { complaints } = await runCase(mute, { scale: 0.001, forgets: 2, leavesWithin: 2 });
  assert.match(complaints.join(), /did not reach the next hop/);
});
