/** What counts as a message that ends threads: one crash is counted once, a held message is held until it ends, and few are remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quarantine } from '../../../src/actors/send/quarantine.js';

/** Three threads end with the message, one after the other. */
function hold(quarantine: Quarantine, id: number, from = 1): boolean[] {
  return [from, from + 1, from + 2].map((delivery) => quarantine.crashed(id, delivery, delivery));
}

test('the third thread that ends in a row holds the message, and tells so once', () => {
  const quarantine = new Quarantine();
  assert.deepEqual(hold(quarantine, 7), [false, false, true]);
  assert.ok(quarantine.holds(7));
  assert.equal(quarantine.suspects(7), false, 'it is not tried at all');
  assert.equal(quarantine.crashed(7, 4, 4), false);
  assert.equal(quarantine.count, 1);
  quarantine.reported(7);
  assert.ok(quarantine.holds(7), 'a report of before changes nothing');
});

test('deliveries that were lost with the same thread are one crash', () => {
  const quarantine = new Quarantine();
  for (const begun of [3, 6, 9]) {
    assert.equal(quarantine.holds(7), false, `before delivery ${begun}`);
    for (const delivery of [begun - 2, begun - 1, begun]) quarantine.crashed(7, delivery, begun);
  }
  assert.ok(quarantine.holds(7));
});

test('a report in between shows that it was another message', () => {
  const quarantine = new Quarantine();
  for (let delivery = 1; delivery < 10; delivery += 1) {
    assert.equal(quarantine.crashed(7, delivery, delivery), false);
    assert.ok(quarantine.suspects(7));
    if (delivery % 2 === 0) quarantine.reported(7);
  }
});

test('a held message that ends, and an order to try all, leave nothing held', () => {
  const quarantine = new Quarantine();
  hold(quarantine, 7);
  hold(quarantine, 8);
  quarantine.crashed(9, 1, 1);
  assert.equal(quarantine.count, 2);
  quarantine.forget(7);
  quarantine.forget(9);
  assert.equal(quarantine.count, 1);
  assert.ok(quarantine.holds(8));
  assert.equal(quarantine.holds(7), false);
  quarantine.release();
  assert.equal(quarantine.count, 0);
  assert.equal(quarantine.holds(8), false);
  assert.deepEqual(hold(quarantine, 8), [false, false, true], 'it counts anew');
});

test('of many messages that crashed once the oldest are forgotten, and none that is held', () => {
  const quarantine = new Quarantine();
  hold(quarantine, 1);
  quarantine.crashed(2, 4, 4);
  for (let id = 3; quarantine.suspects(2); id += 1) {
    assert.ok(id < 100_000, 'the number that is remembered is bounded');
    quarantine.crashed(id, id + 10, id + 10);
  }
  assert.ok(quarantine.holds(1));
});
