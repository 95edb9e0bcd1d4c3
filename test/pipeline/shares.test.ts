/** A destination that hangs has its share of the slots and no more: mail for others goes on, none of its own is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shares } from '../../src/actors/send/shares.js';
import { OneThreadNode } from '../support/one-thread-node.js';

const stuck = (to: string): boolean => to.endsWith('@stuck.example');
const many = (count: number, host: string): string[] => Array.from({ length: count }, (_, n) => `r${n}@${host}`);

/** A node of 20 slots where deliveries to stuck.example do not end. */
async function nodeWithStuck(): Promise<OneThreadNode> {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 20 } });
  node.slots.heldOnly = stuck;
  node.slots.held.add('remote');
  return node;
}

test('a new destination that hangs holds a quarter of the slots, and others go on whatever is queued for it', async () => {
  const node = await nodeWithStuck();
  for (const to of many(400, 'stuck.example')) await node.accepted('s@b', [to]);
  await node.settle();
  assert.equal(node.slots.running.remote, 5);
  for (const to of many(400, 'well.example')) await node.accepted('s@b', [to]);
  await node.settle();
  assert.deepEqual(node.slots.delivered.toSorted(), many(400, 'well.example').toSorted());
  assert.equal(node.slots.running.remote, 5);

  // Nobody lets it go: what waits is put off, without a try, and comes back by the schedule.
  await node.clock.advance(60);
  assert.equal(node.store.count(), 400);
  node.slots.release('remote');
  await node.clock.advance(3_600);
  assert.equal(node.store.count(), 0);
  assert.equal(node.slots.delivered.length, 800);
  assert.equal(node.slots.attempts.length, 800);
  await node.stop();
});

test('more messages for a destination that hangs than memory is kept for hold nobody up', async () => {
  const node = await nodeWithStuck();
  for (const to of many(3_000, 'stuck.example')) await node.accepted('s@b', [to]);
  await node.clock.advance(40);
  await node.accepted('s@b', ['box@well.example']);
  await node.clock.advance(10);
  assert.deepEqual(node.slots.delivered, ['box@well.example']);
  node.slots.release('remote');
  await node.clock.advance(7_200);
  assert.equal(node.slots.delivered.length, 3_001);
  await node.stop();
});

test('a destination that has answered has all slots while it is alone, and leaves a quarter to others', async () => {
  const node = await nodeWithStuck();
  node.slots.held.delete('remote');
  await node.accepted('s@b', ['first@stuck.example']);
  await node.settle();
  node.slots.held.add('remote');
  for (const to of many(15, 'stuck.example')) await node.accepted('s@b', [to]);
  await node.accepted('s@b', ['box@well.example']);
  await node.settle();
  for (const to of many(15, 'stuck.example')) await node.accepted('s@b', [to]);
  await node.settle();
  assert.equal(node.slots.running.remote, 15);
  await node.accepted('s@b', ['more@well.example']);
  await node.settle();
  assert.deepEqual(node.slots.delivered, ['first@stuck.example', 'box@well.example', 'more@well.example']);
  node.slots.release('remote');
  await node.settle();
  assert.equal(node.slots.delivered.length, 33);
  await node.stop();
});

test('recipients of one message that could go do not wait for those that hang', async () => {
  const node = await nodeWithStuck();
  await node.accepted('s@b', [...many(30, 'stuck.example'), ...many(30, 'well.example')]);
  await node.settle();
  assert.deepEqual(node.slots.delivered.toSorted(), many(30, 'well.example').toSorted());
  node.slots.release('remote');
  await node.clock.advance(3_600);
  assert.equal(node.slots.delivered.length, 60);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('shares: unknown hosts together leave a quarter, few slots are not shared, hosts are forgotten', () => {
  let now = 0;
  const shares = new Shares(20, () => now);
  for (let n = 0; n < 15; n += 1) {
    assert.ok(shares.allows(`h${n}`));
    shares.begins(`h${n}`, n);
  }
  assert.ok(!shares.allows('h15'));
  shares.ends('h3', 3, false);
  assert.ok(shares.allows('h15'), 'one of the unknown has ended');
  shares.begins('h15', 15);
  assert.ok(!shares.allows('h16') && shares.allows('h3'), 'a prompt end makes a host known');
  now = 31_000;
  assert.equal(shares.hanging, 15);
  assert.ok(shares.hangs('h0') && !shares.hangs('h3'));
  for (let n = 0; n < 16; n += 1) shares.ends(`h${n}`, n, n === 1);
  assert.equal(shares.hanging, 0);
  assert.ok(shares.allows('h16'));
  now += 601_000;
  shares.forget();
  assert.equal(shares.roomOf('h1'), 5, 'known no more');
  shares.resize(3);
  assert.equal(shares.roomOf('new'), 3);
  assert.ok(!shares.isUnknownFull('new'));
});
