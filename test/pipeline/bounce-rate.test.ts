/** control/bouncerate: bounces beyond it wait in the queue for their turn, and each is made once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BounceRate } from '../../src/actors/send/bounce-rate.js';
import { OneThreadNode } from '../support/one-thread-node.js';

const bounces = (node: OneThreadNode): number => Number(node.host.counters()['send.bounces']);
const toNobody = (count: number): string[] => Array.from({ length: count }, (_, n) => `nobody${n}@far.example`);
/** Mail for nobody fails, bounces arrive. */
const script = (to: string): 'K' | 'D' => (to.startsWith('nobody') ? 'D' : 'K');

test('a storm of bounces goes out at the rate, and nothing of it is lost', async () => {
  const node = await OneThreadNode.started({ settings: { bouncerate: 60 }, script });
  for (const to of toNobody(300)) await node.accepted('forged@victim.example', [to]);
  await node.settle();
  assert.equal(bounces(node), 60, 'those of a minute at once');
  assert.equal(Number(node.host.counters()['send.bouncesWaiting']), 240);
  assert.equal(node.store.count(), 240);
  await node.clock.advance(60);
  assert.ok(bounces(node) > 60 && bounces(node) <= 121, `${bounces(node)}`);
  await node.clock.advance(600);
  assert.equal(bounces(node), 300);
  assert.equal(node.slots.delivered.filter((to) => to === 'forged@victim.example').length, 300);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('a bounce that waits for its turn survives the end of the process, with all that it has to tell', async () => {
  const node = await OneThreadNode.started({ settings: { bouncerate: 1 }, script });
  await node.accepted('first@victim.example', ['nobody@far.example']);
  await node.accepted('second@victim.example', ['nobody1@far.example', 'box@far.example', 'nobody2@mx.test.example']);
  await node.settle();
  assert.equal(bounces(node), 1);
  await node.crash();
  const next = await OneThreadNode.started({ store: node.store, settings: { bouncerate: 1 }, script });
  await next.clock.advance(600);
  assert.equal(bounces(next), 1);
  assert.deepEqual(next.slots.delivered, ['second@victim.example']);
  assert.equal(next.store.count(), 0);
  await next.stop();
});

test('a reload lifts the limit; 0 is none', async () => {
  const node = await OneThreadNode.started({ settings: { bouncerate: 0 }, script });
  for (const to of toNobody(100)) await node.accepted('forged@victim.example', [to]);
  await node.settle();
  assert.equal(bounces(node), 100);
  await node.reload({ bouncerate: 1 });
  for (const to of toNobody(5)) await node.accepted('forged@victim.example', [to]);
  await node.settle();
  assert.equal(bounces(node), 101);
  await node.reload({ bouncerate: 0 });
  await node.clock.advance(600);
  assert.equal(bounces(node), 105);
  await node.stop();
});

test('turns: a minute at once, then evenly; whoever asks again may have to wait again', () => {
  const rate = new BounceRate(6);
  const now = 1_000;
  assert.deepEqual(
    Array.from({ length: 8 }, () => rate.turn(now)),
    [undefined, undefined, undefined, undefined, undefined, undefined, 1_010, 1_020],
  );
  assert.equal(rate.waiting(now), 2);
  assert.equal(rate.turn(1_010), undefined);
  assert.equal(rate.turn(1_010), 1_030);
  rate.resize(0);
  assert.equal(rate.turn(1_010), undefined);
  assert.equal(rate.waiting(1_010), 0);
});
