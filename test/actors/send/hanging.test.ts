/** Which deliveries of messages for many hang, by what is usual among them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hanging } from '../../../src/actors/send/hanging.js';

/** Deliveries one after another, so many milliseconds each. */
function usual(hanging: Hanging, tookMs: number, count: number): number {
  let now = 0;
  for (let id = 1; id <= count; id += 1) {
    hanging.begun(id, now, false);
    now += tookMs;
    hanging.ended(id, now, true);
  }
  return now;
}

test('a delivery hangs from four times the usual on, and no more once it ended', () => {
  const hanging = new Hanging();
  const now = usual(hanging, 100, 50);
  assert.equal(Math.round(hanging.longMs), 400);
  hanging.begun(100, now, false);
  hanging.begun(101, now + 300, false);
  assert.equal(hanging.count(now + 399), 0);
  assert.equal(hanging.count(now + 401), 1);
  assert.equal(hanging.count(now + 701), 2);
  hanging.ended(100, now + 702, false);
  assert.equal(hanging.count(now + 702), 1);
  hanging.ended(101, now + 703, true);
  assert.equal(hanging.count(now + 800), 0);
});

test('one to a host known to be slow hangs at once; one that ended in time never did', () => {
  const hanging = new Hanging();
  const now = usual(hanging, 1, 5_000);
  assert.equal(hanging.longMs, 50);
  hanging.begun(9_001, now, true);
  hanging.begun(9_002, now, false);
  assert.equal(hanging.count(now), 1);
  hanging.ended(9_002, now + 10, true);
  hanging.ended(9_003, now + 10, true);
  assert.equal(hanging.count(now + 1_000), 1);
  hanging.ended(9_001, now + 1_000, false);
  assert.equal(hanging.count(now + 1_000), 0);
});

test('what takes long becomes usual when enough of it is delivered; what fails says nothing', () => {
  const hanging = new Hanging();
  let now = usual(hanging, 20, 20);
  for (let id = 1_000; id < 1_100; id += 1) {
    hanging.begun(id, now, false);
    hanging.ended(id, now + 2_000, false);
    now += 2_000;
  }
  assert.ok(hanging.longMs < 100);
  for (let id = 2_000; id < 2_100; id += 1) {
    hanging.begun(id, now, false);
    hanging.ended(id, now + 2_000, true);
    now += 2_000;
  }
  assert.ok(hanging.longMs > 4_000);
});
