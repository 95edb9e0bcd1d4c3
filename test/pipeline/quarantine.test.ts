/**
 * A message that ends its delivery thread each time is held after the third: others go on, the log says so, and the
 * operator can have it tried again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneThreadNode } from '../support/one-thread-node.js';

const day = 86_400;

for (const [channel, poison, sound] of [
  ['remote', 'poison@dest.test', 'box@dest.test'],
  ['local', 'poison@mx.test.example', 'box@mx.test.example'],
] as const) {
  test(`${channel}: three crashes in a row, then the message is held and the others go on`, async () => {
    const node = await OneThreadNode.started({ script: (to) => (to.startsWith('poison') ? 'crash' : 'K') });
    const id = await node.accepted('a@b.test', [poison]);
    await node.settle();
    await node.clock.advance(day);
    const tries = (): number => node.slots.attempts.filter(({ recipient }) => recipient === poison).length;
    assert.equal(tries(), 3);
    assert.equal(node.host.counters()['send.held'], 1);
    assert.match(await node.log.line(`warning: msg ${id} is held`), /tqmail doqueue/);
    await node.accepted('a@b.test', [sound]);
    await node.settle();
    assert.deepEqual(node.slots.delivered, [sound]);
    assert.equal(node.store.count(), 1, 'the held message stays');

    await node.host.allDue();
    await node.settle();
    assert.equal(tries(), 4, 'once released it is tried at once');
    node.slots.script = () => 'K';
    await node.clock.advance(day);
    assert.equal(node.store.count(), 0);
    assert.equal(node.host.counters()['send.held'], 0);
  });
}

test('crashes with a report in between do not count together', async () => {
  let tries = 0;
  const node = await OneThreadNode.started({ script: () => (++tries % 3 === 0 ? 'Z' : 'crash') });
  await node.accepted('a@b.test', ['box@dest.test']);
  await node.settle();
  await node.clock.advance(day);
  assert.ok(tries > 6, `only ${tries} tries`);
  assert.equal(node.host.counters()['send.held'], 0);
});

test('a held message is bounced when its time is over', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('poison') ? 'crash' : 'K') });
  await node.accepted('a@b.test', ['poison@dest.test']);
  await node.settle();
  await node.clock.advance(9 * day);
  assert.deepEqual(node.slots.delivered, ['a@b.test']);
  assert.equal(node.store.count(), 0);
});

test('a thread that takes many deliveries of a message with it counts once', async () => {
  let sound = false;
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 20 }, script: () => (sound ? 'K' : 'crash') });
  node.slots.held.add('remote');
  const recipients = Array.from({ length: 20 }, (_, n) => `r${n}@dest.test`);
  await node.accepted('a@b.test', recipients);
  await node.settle();
  node.slots.release('remote');
  await node.settle();
  assert.equal(node.host.counters()['send.held'], 0);
  sound = true;
  await node.clock.advance(day);
  assert.deepEqual(node.slots.delivered.toSorted(), recipients.toSorted());
});

test('those who were in the thread by chance are not held with the one to blame', async () => {
  const poison = 'poison@dest.test';
  let together: readonly string[] = [];
  // One thread: what is at work beside the poison ends with it.
  const script = (): 'K' | 'crash' => (together.includes(poison) ? 'crash' : 'K');
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 20 }, script });
  const others = Array.from({ length: 10 }, (_, n) => `r${n}@dest.test`);
  node.slots.held.add('remote');
  for (const to of [poison, ...others]) await node.accepted('a@b.test', [to]);
  for (let round = 0; round < 60; round += 1) {
    await node.clock.advance(600);
    together = node.slots.waiting('remote');
    node.slots.release('remote', together.length);
    await node.settle();
  }
  assert.deepEqual(node.slots.delivered.toSorted(), others.toSorted());
  assert.equal(node.host.counters()['send.held'], 1);
});
