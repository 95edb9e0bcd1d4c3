/** Bodies kept for their first delivery: bounded, the newest stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentBodies } from '../../../src/actors/queue/recent-bodies.js';

test('large bodies are kept too, and the oldest go when there are more than 32 MiB', () => {
  const recent = new RecentBodies();
  const body = { form: 'wire', bytes: new Uint8Array(262_144) } as const;
  for (let id = 1; id <= 129; id++) recent.keep(id, body);
  assert.equal(recent.get(1), undefined);
  assert.equal(recent.get(2), body);
  recent.forget(2);
  recent.keep(130, body);
  assert.equal(recent.get(3), body);
  assert.equal(recent.get(130), body);
});

test('a body that is a file is not kept', () => {
  const recent = new RecentBodies();
  recent.keep(1, { form: 'wire', file: 'name', size: 10 });
  assert.equal(recent.get(1), undefined);
});
