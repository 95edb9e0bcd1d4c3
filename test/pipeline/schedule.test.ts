/**
 * When a message is tried again (spec send.md §3.1), when it is given up (§3.2), and that channels keep
 * their own times. Weeks pass on the fake clock.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

const week = 604_800;
const times = (step: number, count: number): number[] => Array.from({ length: count }, (_, k) => (k * step) ** 2);

for (const { channel, recipient, step, attempts } of [
  { channel: 'local', recipient: 'joe@mx.test.example', step: 10, attempts: 79 },
  { channel: 'remote', recipient: 'joe@far.example', step: 20, attempts: 40 },
]) {
  test(`${channel}: tried at birth + (k × ${step})² seconds until the queue's lifetime is over, then bounced`, async () => {
    const node = await OneThreadNode.started({ script: (to) => (to === recipient ? 'Z' : 'K') });
    const id = await node.accepted('a@far.example', [recipient]);
    await node.clock.advance(week);
    assert.deepEqual(node.slots.times(recipient, birth), times(step, attempts - 1));
    assert.equal(node.store.count(), 1);
    await node.clock.to(birth + 608_400);
    assert.deepEqual(node.slots.times(recipient, birth), times(step, attempts));
    await node.log.line(`end msg ${id}`);
    const end = "busy_now._(#4.3.0)/I'm_not_going_to_try_again;_this_message_has_been_in_the_queue_too_long./";
    assert.ok(node.log.lines.includes(`delivery ${attempts}: failure: ${end}`));
    assert.deepEqual(node.slots.delivered, ['a@far.example']);
    assert.equal(node.store.count(), 0);
    await node.clock.advance(week);
    assert.equal(node.slots.attempts.length, attempts + 1);
    await node.stop();
  });
}

test('the last try may still succeed', async () => {
  const node = await OneThreadNode.started({ settings: { queuelifetime: 1000 } });
  node.slots.script = () => (node.clock.seconds > birth + 1000 ? 'K' : 'Z');
  await node.accepted('a@b', ['joe@far.example']);
  await node.clock.advance(2000);
  assert.deepEqual(node.slots.times('joe@far.example', birth), [0, 400, 1600]);
  assert.deepEqual(node.slots.delivered, ['joe@far.example']);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('two channels of one message keep their own times', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  const id = await node.accepted('a@b', ['l@mx.test.example', 'r@far.example', 'm@mx.test.example']);
  await node.clock.advance(2000);
  assert.deepEqual(node.slots.times('l@mx.test.example', birth), [0, 100, 400, 900, 1600]);
  assert.deepEqual(node.slots.times('m@mx.test.example', birth), [0, 100, 400, 900, 1600]);
  assert.deepEqual(node.slots.times('r@far.example', birth), [0, 400, 1600]);
  node.slots.script = () => 'K';
  await node.clock.advance(5000);
  assert.deepEqual(node.slots.times('l@mx.test.example', birth), [0, 100, 400, 900, 1600, 2500]);
  assert.deepEqual(node.slots.times('r@far.example', birth), [0, 400, 1600, 3600]);
  await node.log.line(`end msg ${id}`);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('recipients that are done are not tried again', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('z') ? 'Z' : 'K') });
  await node.accepted('a@b', ['a@far.example', 'z@far.example', 'l@mx.test.example']);
  await node.clock.advance(400);
  assert.equal(node.slots.times('a@far.example', birth).length, 1);
  assert.equal(node.slots.times('l@mx.test.example', birth).length, 1);
  assert.deepEqual(node.slots.times('z@far.example', birth), [0, 400]);
  await node.stop();
});

test('a late pass counts from when it is opened', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  const id = await node.accepted('a@b', ['joe@far.example']);
  await node.settle();
  node.slots.held.add('remote');
  await node.clock.advance(401);
  await node.clock.advance(3_000);
  node.slots.release('remote');
  await node.settle();
  // Opened 400 s after birth: its next try was to be at 1600 s, which is over already. One second of slop, as in qmail.
  await node.clock.advance(1);
  assert.deepEqual(node.slots.times('joe@far.example', birth), [0, 3401, 3402]);
  assert.deepEqual(node.store.head(id)?.due, { remote: birth + (Math.floor(Math.sqrt(3402)) + 20) ** 2 });
  await node.stop();
});

test('everything becomes due at once (ALRM)', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  await node.accepted('a@b', ['joe@far.example', 'l@mx.test.example']);
  await node.clock.advance(10);
  await node.host.allDue();
  await node.settle();
  assert.deepEqual(node.slots.times('joe@far.example', birth), [0, 10]);
  assert.deepEqual(node.slots.times('l@mx.test.example', birth), [0, 10]);
  node.slots.script = () => 'K';
  await node.clock.advance(600);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('a clock that is set back holds nothing for longer than the longest sleep', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z', seconds: birth + 1_000_000 });
  await node.accepted('a@b', ['joe@far.example']);
  node.slots.script = () => 'K';
  await node.clock.advance(1_500);
  assert.deepEqual(node.slots.delivered, ['joe@far.example']);
  await node.stop();
});
