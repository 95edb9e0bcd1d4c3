/**
 * Octets of a stopped queue's data file changed at random: nothing is ever served that was not queued, and wherever less is
 * served than before, the check says that something is wrong. `npm run soak -- --flips N` does it more often.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from './fixture.js';
import { fillForFlips, flipRun } from './flips/run.js';

test('damage at 10 random places is never served, and is reported', async (t) => {
  const dir = await fillForFlips(folder(t));
  const { outcomes, faults, seed } = await flipRun(dir, 10, Date.now() % 1_000_000);
  t.diagnostic(`seed ${seed}: ${JSON.stringify(outcomes)}`);
  assert.deepEqual(faults, [], `seed ${seed}`);
});
