/**
 * A hundred qmail-inject at once while the server takes SMTP load: each is told what became of its message.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backwards } from '../support/server-home.js';
import { storm } from './storm/storm.js';

test('of a hundred qmail-inject at once every accepted message arrives, and only once', async (t) => {
  const { exits, lost, twice, despite, seconds, load } = await storm(backwards(t), { runs: 100, atOnce: 100, senders: 4 });
  t.diagnostic(`${JSON.stringify(exits)} in ${seconds.toFixed(1)} s, ${load.accepted} by SMTP meanwhile`);
  assert.equal((exits['0'] ?? 0) + (exits['111'] ?? 0), 100, JSON.stringify(exits));
  assert.ok((exits['0'] ?? 0) > 50, 'most must get through');
  assert.deepEqual({ lost, twice, despite }, { lost: 0, twice: 0, despite: 0 });
  assert.deepEqual([load.lost, load.altered, load.twiceRemote], [0, 0, 0]);
  assert.ok(load.accepted > 0, 'the load must have run');
});
