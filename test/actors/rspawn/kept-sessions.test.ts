/** Sessions kept for the next message: the one used last is taken first, the one idle for longest makes room. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptSessions } from '../../../src/actors/rspawn/kept-sessions.js';
import type { RemoteSlot } from '../../../src/actors/spawn/remote-slots.js';

function slot(closed: number[], session: number): RemoteSlot & { usable: boolean } {
  return {
    session,
    usable: true,
    holds: () => false,
    deliver: () => Promise.reject(new Error('nothing is delivered here')),
    close: () => void closed.push(session),
  };
}

test('the last one used is taken first, those idle for five seconds are closed, the oldest first', () => {
  const closed: number[] = [];
  const kept = new KeptSessions(10);
  const sessions = [1, 2, 3].map((number) => kept.add('a', slot(closed, number), 0));
  assert.equal(kept.take('a'), undefined);
  for (const [at, session] of sessions.entries()) kept.give(session, at * 1_000);
  const last = kept.take('a');
  assert.equal(last, sessions[2]);
  kept.closeIdle(5_500);
  assert.deepEqual(closed, [1]);
  kept.closeIdle(6_000);
  assert.deepEqual(closed, [1, 2]);
  assert.equal(kept.count, 1);
  assert.equal(kept.take('a'), undefined);
  if (last !== undefined) kept.give(last, 7_000);
  assert.equal(kept.take('b'), undefined);
  kept.closeAll();
  assert.deepEqual(closed, [1, 2, 3]);
  assert.equal(kept.count, 0);
});

test('a new one makes the oldest idle one go, of whatever key; one that is not usable is passed over', () => {
  const closed: number[] = [];
  const kept = new KeptSessions(2);
  const first = kept.add('a', slot(closed, 1), 0);
  const broken = slot(closed, 2);
  const second = kept.add('b', broken, 0);
  kept.give(second, 1);
  kept.give(first, 2);
  kept.add('c', slot(closed, 3), 3);
  assert.deepEqual(closed, [2]);
  assert.equal(kept.take('b'), undefined);
  assert.equal(kept.take('a'), first);
  kept.give(first, 4);
  (first.slot as { usable: boolean }).usable = false;
  assert.equal(kept.take('a'), undefined);
  assert.equal(kept.count, 1);
});

test('too many, or too old, and it is not kept', () => {
  const closed: number[] = [];
  const kept = new KeptSessions(1);
  const old = kept.add('a', slot(closed, 1), 0);
  kept.give(old, 300_001);
  assert.deepEqual(closed, [1]);
  const one = kept.add('a', slot(closed, 2), 0);
  const other = kept.add('a', slot(closed, 3), 0);
  kept.give(one, 1);
  kept.give(other, 2);
  assert.deepEqual(closed, [1, 2]);
  assert.equal(kept.count, 1);
  assert.equal(kept.take('a'), other);
});
