/** One host whose deliveries take long does not hold up the others, and nothing of its own mail is lost or done twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../../src/protocol/settings.js';
import { OneThreadNode } from '../support/one-thread-node.js';
import { TimedSlots } from '../support/timed-slots.js';

const [slow, quick, third] = ['slow.example', 'quick.example', 'third.example'];
const slots = 20;

interface House {
  readonly node: OneThreadNode;
  readonly remote: TimedSlots;
  /** Asks so many messages for the host into the queue. */
  send(count: number, host: string): Promise<void>;
  /** Every recipient asked in is done, each once. */
  complete(): void;
  readonly now: () => number;
}

async function house(takes: (host: string) => number, over: Partial<Settings> = {}): Promise<House> {
  let made: OneThreadNode | undefined;
  const clock = (): OneThreadNode['clock'] => (made as OneThreadNode).clock;
  const remote = new TimedSlots({ clock, takes: (to) => takes(to.slice(to.indexOf('@') + 1)) });
  const node = new OneThreadNode({ remoteSlots: remote, settings: { concurrencyremote: slots, ...over } });
  made = node;
  await node.host.start();
  const asked: string[] = [];
  const send = async (count: number, host: string): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      asked.push(`m${asked.length}@${host}`);
      await node.accepted('s@b', [asked.at(-1) as string]);
    }
    await node.settle();
  };
  const complete = (): void => {
    assert.deepEqual(remote.done.map(({ recipient }) => recipient).toSorted(), asked.toSorted());
    assert.equal(node.store.count(), 0);
    assert.equal(node.host.counters()['send.aside'], 0);
  };
  return { node, remote, send, complete, now: () => node.clock.monotonic() };
}

const takesLong = (host: string): number => (host === slow ? 3_000 : 20);

test('mail for others goes on beside a slow host, which keeps half of the slots', async () => {
  const { node, remote, send, complete, now } = await house(takesLong);
  await send(1, quick);
  await node.clock.advance(1);
  await send(100, slow);
  const since = now();
  await send(400, quick);
  await node.clock.advance(2);
  assert.equal(remote.count(quick), 401, 'all of it within the time of one slow delivery');
  assert.ok(remote.lastAt(quick, since) <= 1_000, `${remote.lastAt(quick, since)} ms`);
  assert.equal(remote.peak.get(slow), slots / 2);
  assert.ok(Number(node.host.counters()['send.aside']) > 0);
  await node.clock.advance(60);
  complete();
  await node.stop();
});

test('a slow host has all slots while no mail for others is about', async () => {
  const { node, remote, send, complete } = await house(takesLong);
  await send(1, quick);
  await node.clock.advance(1);
  await send(200, slow);
  assert.equal(remote.atWork(slow), slots / 2);
  await node.clock.advance(20);
  assert.equal(remote.atWork(slow), slots);
  await node.clock.advance(60);
  complete();
  await node.stop();
});

test('hosts that are all as slow are not held to anything', async () => {
  const { node, remote, send, complete } = await house((host) => (host === third ? 900 : 600));
  await send(4, third);
  await node.clock.advance(1);
  await send(100, quick);
  await node.clock.advance(2);
  assert.equal(remote.peak.get(quick), slots);
  await node.clock.advance(20);
  complete();
  await node.stop();
});

test('a host that was quick and then hangs does not get the last slots', async () => {
  let hangs = false;
  const { node, remote, send, complete, now } = await house((host) => (host === slow && hangs ? 600_000 : 20));
  await send(20, slow);
  await node.clock.advance(1);
  hangs = true;
  for (let n = 0; n < 60; n += 1) {
    await send(1, slow);
    await send(1, quick);
    await node.clock.advance(1);
  }
  assert.ok(remote.atWork(slow) <= slots / 2, `${remote.atWork(slow)} slots hang`);
  const since = now();
  await send(50, quick);
  await node.clock.advance(1);
  assert.ok(remote.lastAt(quick, since) <= 1_000);
  assert.equal(remote.count(quick), 110);
  hangs = false;
  await node.clock.advance(1_300);
  complete();
  await node.stop();
});

test('more mail than may wait aside waits for its next try; others still go on', async () => {
  const { node, remote, send, complete } = await house(takesLong);
  await send(1, quick);
  await send(1, slow);
  await node.clock.advance(4);
  await send(2_600, slow);
  await send(100, quick);
  await node.clock.advance(2);
  assert.equal(remote.count(quick), 101);
  assert.equal(node.host.counters()['send.aside'], 2_000);
  assert.ok(remote.count(slow) + remote.atWork(slow) < 50);
  await node.clock.advance(2_000);
  complete();
  await node.stop();
});

test('one message for slow and quick hosts: the quick ones first, each recipient once, in groups', async () => {
  const { node, remote, send } = await house(takesLong, { rcptspertransaction: 10 });
  await send(1, quick);
  await node.clock.advance(1);
  const mixed = Array.from({ length: 2_400 }, (_, n) => `r${n}@${[slow, quick, third.toUpperCase()][n % 3]}`);
  const id = await node.accepted('s@b', mixed);
  await node.clock.advance(2);
  assert.equal(remote.count(quick), 801);
  assert.equal(remote.count(third.toUpperCase()), 800);
  assert.ok(remote.count(slow) === 0 && remote.atWork(slow) === slots / 2);
  await node.clock.advance(60);
  await node.log.line(`end msg ${id}`);
  assert.equal(new Set(remote.done.map(({ recipient }) => recipient)).size, 2_401);
  assert.equal(remote.done.length, 2_401);
  assert.equal(node.store.count(), 0);
  await node.stop();
});
