/** One message for thousands: other mail has its turn beside it, and hosts that hang keep neither it nor others from the slots. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../../src/protocol/settings.js';
import { OneThreadNode } from '../support/one-thread-node.js';
import { TimedSlots } from '../support/timed-slots.js';

const slots = 20;
const quick = 'quick.example';

interface House {
  readonly node: OneThreadNode;
  readonly remote: TimedSlots;
}

async function house(takes: (recipient: string) => number, over: Partial<Settings> = {}): Promise<House> {
  let made: OneThreadNode | undefined;
  const remote = new TimedSlots({ clock: () => (made as OneThreadNode).clock, takes });
  const node = new OneThreadNode({ remoteSlots: remote, settings: { concurrencyremote: slots, ...over } });
  made = node;
  await node.host.start();
  return { node, remote };
}

/** Milliseconds that a message for this one recipient takes beside what is under way; at most `within` seconds are waited. */
async function probe({ node, remote }: House, recipient: string, within: number): Promise<number> {
  const since = node.clock.monotonic();
  await node.accepted('s@b', [recipient]);
  await node.settle();
  await node.clock.advance(within);
  const done = remote.done.find((one) => one.recipient === recipient);
  return done === undefined ? Number.POSITIVE_INFINITY : done.at - since;
}

const list = (count: number, hosts: number): string[] => Array.from({ length: count }, (_, n) => `u${n}@h${n % hosts}.example`);

test('a message for one has its turn beside a message for thousands', async () => {
  const made = await house(() => 100);
  await made.node.accepted('list@b', list(5_000, 5_000));
  await made.node.clock.advance(1);
  const took = await probe(made, `p@${quick}`, 8);
  assert.ok(took <= 1_000, `${took} ms`);
  await made.node.clock.advance(30);
  assert.equal(new Set(made.remote.done.map(({ recipient }) => recipient)).size, 5_001);
  assert.equal(made.remote.done.length, 5_001);
  assert.equal(made.node.store.count(), 0);
  await made.node.stop();
});

test('messages for thousands take turns', async () => {
  const made = await house(() => 100);
  // Hosts that have taken mail; those that have not take turns by host.
  await made.node.accepted('list@b', list(30, 30));
  await made.node.clock.advance(5);
  const before = made.remote.done.length;
  await made.node.accepted('list@b', list(1_500, 30));
  const second = Array.from({ length: 1_500 }, (_, n) => `v${n}@h${n % 30}.example`);
  await made.node.accepted('list@b', second);
  await made.node.clock.advance(3);
  const done = made.remote.done.slice(before).map(({ recipient }) => recipient);
  const ofSecond = done.filter((to) => to.startsWith('v')).length;
  assert.ok(Math.abs(done.length / 2 - ofSecond) <= 2 * slots, `${ofSecond} of ${done.length}`);
  await made.node.clock.advance(30);
  assert.equal(made.node.store.count(), 0);
  await made.node.stop();
});

/** Every tenth host hangs for ten minutes. */
const hangs = (recipient: string): boolean => /@h\d*0\.example$/.test(recipient);

test('hosts that hang hold up neither other mail nor the rest of the list', async () => {
  const made = await house((recipient) => (hangs(recipient) ? 600_000 : 20));
  const { node, remote } = made;
  const recipients = list(6_000, 300);
  const id = await node.accepted('list@b', recipients);
  await node.clock.advance(1);
  const waits: number[] = [];
  for (let n = 0; n < 20; n += 1) waits.push(await probe(made, `p${n}@${quick}`, 3));
  assert.ok(Math.max(...waits) <= 2_000, `${waits.join(' ')} ms`);
  const atWork = Number(String(node.host.counters()['send.slots.remote']).split('/')[0]);
  assert.ok(atWork < slots, 'slots are left');
  await node.clock.advance(7_200);
  const quickOnes = recipients.filter((to) => !hangs(to));
  const done = new Set(remote.done.map(({ recipient }) => recipient));
  assert.deepEqual(
    quickOnes.filter((to) => !done.has(to)),
    [],
  );
  await node.clock.advance(40_000);
  await node.log.line(`end msg ${id}`);
  assert.deepEqual(
    remote.done
      .map(({ recipient }) => recipient)
      .filter((to) => to.startsWith('u'))
      .toSorted(),
    recipients.toSorted(),
  );
  assert.equal(node.store.count(), 0);
  assert.equal(node.host.counters()['send.aside'], 0);
  await node.stop();
});

test('recipients of one host share transactions wherever they stand in a long list', async () => {
  const node = await OneThreadNode.started({ settings: { rcptspertransaction: 50, concurrencyremote: 10 } });
  const recipients = list(5_000, 100);
  const id = await node.accepted('list@b', recipients);
  await node.settle();
  await node.log.line(`end msg ${id}`);
  assert.deepEqual(node.slots.delivered.toSorted(), recipients.toSorted());
  assert.equal(new Set(node.slots.attempts.map(({ delivery }) => delivery)).size, 100);
  await node.stop();
});

test('a list that waits aside for a slow host and goes on with it has each recipient once', async () => {
  let slow = true;
  const made = await house((recipient) => (recipient.endsWith('@h0.example') && slow ? 3_000 : 20), { rcptspertransaction: 5 });
  await probe(made, `p@${quick}`, 1);
  const recipients = list(4_000, 4);
  const id = await made.node.accepted('list@b', recipients);
  await made.node.clock.advance(4);
  slow = false;
  await made.node.clock.advance(2_000);
  await made.node.log.line(`end msg ${id}`);
  const done = made.remote.done.map(({ recipient }) => recipient).filter((to) => to.startsWith('u'));
  assert.deepEqual(done.toSorted(), recipients.toSorted());
  await made.node.stop();
});
