/**
 * A week of retries of many messages, born at different seconds: each attempt at its very second, none missing, none
 * twice, and at the end every message is given up. `npm run soak -- --week N` does it with more messages.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runWeek } from './week.js';

for (const channel of ['local', 'remote'] as const) {
  test(`${channel}: 100 messages keep their times for a week`, async (t) => {
    const { attempts, expected, wrong, example, left } = await runWeek(channel, 100);
    t.diagnostic(`${attempts} attempts`);
    assert.deepEqual({ attempts, wrong, example, left }, { attempts: expected, wrong: 0, example: '', left: 0 });
  });
}
