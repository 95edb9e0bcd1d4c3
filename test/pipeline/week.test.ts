/**
 * A week of retries of many messages through the whole pipeline, born at different seconds: each attempt at its very second, none missing, none
 * twice, and at the end every message is given up. `npm run soak -- --week N` does it with more messages.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTry } from '../../src/protocol/retry.js';
import { runWeek } from './week.js';

for (const channel of ['local', 'remote'] as const) {
  test(`${channel}: 200 messages keep their times for a week`, async (t) => {
    const { attempts, expected, wrong, example, left } = await runWeek(channel, 200);
    t.diagnostic(`${attempts} attempts`);
    assert.deepEqual({ attempts, wrong, example, left }, { attempts: expected, wrong: 0, example: '', left: 0 });
  });
}

test('the times of 100,000 messages over a week are those of the formula, whenever a try begins', () => {
  const week = 604_800;
  let tries = 0;
  let wrong = 0;
  for (const [channel, step] of [
    ['local', 10],
    ['remote', 20],
  ] as const) {
    for (let n = 0; n < 100_000; n += 1) {
      const birth = 1_700_000_000 + n * 7;
      for (let now = birth, k = 1; now <= birth + week; k += 1) {
        const due = nextTry(birth, now, channel);
        // A try that begins late, but before the age has another root, changes nothing.
        const late = n % (2 * step * (k - 1) + 1);
        if (due !== birth + (k * step) ** 2 || nextTry(birth, now + late, channel) !== due) wrong += 1;
        tries += 1;
        now = due;
      }
    }
  }
  assert.equal(wrong, 0);
  assert.equal(tries, 100_000 * (78 + 39));
});
