/**
 * The wall clock is set by days, forward and back, while messages wait: none is given up by that alone, none waits for
 * the days to pass, and the schedule goes on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

const day = 86_400;
const recipients = ['l@mx.test.example', 'r@far.example'] as const;

test('a clock set ten days forward gives no message up before one more try', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  const id = await node.accepted('a@far.example', [...recipients]);
  await node.clock.advance(150);
  const before = node.slots.attempts.length;
  assert.equal(before, 3, 'local at 0 and 100, remote at 0');
  node.clock.set(10 * day);
  await node.clock.advance(1);
  assert.equal(node.store.count(), 1, 'nothing is bounced');
  assert.equal(node.slots.attempts.length, before + 2, 'both were due meanwhile');
  await node.log.line('warning: the clock was set 864000 s forward');
  assert.ok(!node.log.lines.some((line) => /I'm_not_going_to_try_again/.test(line)));
  // The next try of each is planned by the new time; with that the message is older than its lifetime.
  await node.clock.advance(day);
  await node.log.line(`end msg ${id}`);
  assert.equal(node.slots.attempts.filter(({ recipient }) => recipient !== 'a@far.example').length, before + 4);
  assert.deepEqual(
    node.log.lines.filter((line) => /I'm_not_going_to_try_again/.test(line)).length,
    2,
    'each recipient was given up in its own pass',
  );
  await node.stop();
});

test('what can be delivered after the jump is delivered, not bounced', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  await node.accepted('a@far.example', [...recipients]);
  await node.clock.advance(10);
  node.clock.set(30 * day);
  node.slots.script = () => 'K';
  await node.clock.advance(1_600);
  assert.deepEqual([...node.slots.delivered].sort(), [...recipients].sort());
  assert.equal(node.store.count(), 0);
  await node.stop();
});

for (const days of [1, 3, 400]) {
  test(`a clock set ${days} days back holds no message`, async () => {
    const node = await OneThreadNode.started({ script: () => 'Z' });
    await node.accepted('a@far.example', [...recipients]);
    await node.clock.advance(500);
    const before = node.slots.attempts.length;
    node.clock.set(-days * day);
    await node.clock.advance(120);
    assert.ok(node.slots.attempts.length >= before + 2, 'all were due at once');
    // Born in the future now: tried at the first step of their channel, again and again.
    await node.clock.advance(4_000);
    const more = node.slots.attempts.length - before;
    assert.ok(more >= 20 && more <= 120, `${more} tries in 4,120 s`);
    node.slots.script = () => 'K';
    await node.clock.advance(500);
    assert.deepEqual([...node.slots.delivered].sort(), [...recipients].sort());
    assert.equal(node.store.count(), 0);
    await node.stop();
  });
}

test('corrections of minutes change nothing', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  await node.accepted('a@far.example', [recipients[1]]);
  await node.clock.advance(100);
  node.clock.set(120);
  await node.clock.advance(50);
  node.clock.set(-120);
  await node.clock.advance(10);
  assert.ok(!node.log.lines.some((line) => /clock was set/.test(line)));
  await node.clock.to(birth + 2_000);
  assert.deepEqual(node.slots.times(recipients[1], birth), [0, 400, 1600]);
  await node.stop();
});
