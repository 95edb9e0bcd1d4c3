/** Many hosts that nothing is known of, and that hang, do not take the slots of those that have answered. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Settings } from '../../src/protocol/settings.js';
import { type NodeParts, OneThreadNode } from '../support/one-thread-node.js';
import { TimedSlots } from '../support/timed-slots.js';

const quick = 'quick.example';
const slots = 20;

interface House {
  readonly node: OneThreadNode;
  readonly remote: TimedSlots;
  /** Hosts below hole.example hang for a minute and defer, until this is false. */
  readonly holes: { hang: boolean };
  /** Asks a message for each host into the queue. */
  send(hosts: readonly string[]): Promise<void>;
  /** Deliveries to hosts below hole.example that are at work. */
  readonly hanging: () => number;
  /** Sends one message to the quick host and has a second pass: milliseconds until it was delivered; undefined when it was not. */
  quickTakes(): Promise<number | undefined>;
  /** Every recipient asked in was delivered once, and nothing is left. */
  complete(): void;
}

const holesNamed = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, n) => `h${from + n}.hole.example`);

async function house(over: Partial<Settings> = {}, takes = 20, parts: NodeParts = {}): Promise<House> {
  let made: OneThreadNode | undefined;
  const holes = { hang: true };
  const hangs = (recipient: string): boolean => holes.hang && recipient.endsWith('.hole.example');
  const remote = new TimedSlots({
    clock: () => (made as OneThreadNode).clock,
    takes: (to) => (hangs(to) ? 60_000 : takes),
    outcome: (to) => (hangs(to) ? { status: 'Z', text: 'no answer\n' } : { status: 'K', text: 'ok\n' }),
  });
  const node = new OneThreadNode({ ...parts, remoteSlots: remote, settings: { concurrencyremote: slots, ...over } });
  made = node;
  await node.host.start();
  const asked: string[] = [];
  const send = async (hosts: readonly string[]): Promise<void> => {
    for (const host of hosts) {
      asked.push(`m${asked.length}@${host}`);
      await node.accepted('s@b', [asked.at(-1) as string]);
    }
    await node.settle();
  };
  const hanging = (): number => remote.atWorkWhere((host) => host.endsWith('.hole.example'));
  const quickTakes = async (): Promise<number | undefined> => {
    const since = node.clock.monotonic();
    const before = remote.count(quick);
    await send([quick]);
    await node.clock.advance(1);
    return remote.count(quick) > before ? remote.lastAt(quick, since) : undefined;
  };
  const complete = (): void => {
    const delivered = remote.done.filter(({ outcome }) => outcome === 'K').map(({ recipient }) => recipient);
    assert.deepEqual(delivered.toSorted(), asked.toSorted());
    assert.equal(node.store.count(), 0);
    assert.equal(node.host.counters()['send.aside'], 0);
  };
  return { node, remote, holes, send, hanging, quickTakes, complete };
}

test('many new hosts that hang: a host that has answered always finds a slot', async () => {
  const { node, remote, holes, send, hanging, quickTakes, complete } = await house();
  await send([quick]);
  await node.clock.advance(1);
  await send(holesNamed(500));
  assert.equal(hanging(), slots - 1, 'nobody knows yet that they hang');
  for (let second = 0; second < 90; second += 1) {
    const took = await quickTakes();
    assert.ok(took !== undefined && took <= 1_000, `${took} ms in second ${second}`);
  }
  assert.equal(hanging(), slots / 2, 'those that hang have half of the slots');
  assert.equal(remote.count(quick), 91);
  holes.hang = false;
  await node.clock.advance(1_000);
  complete();
  await node.stop();
});

test('whoever has taken mail is no newcomer after a start, after an orderly end and after a crash', async (t) => {
  const queueDir = mkdtempSync(join(tmpdir(), 'hosts-'));
  t.after(() => rmSync(queueDir, { recursive: true }));
  const before = await house({}, 20, { queueDir });
  await before.send([quick, 'two words.example']);
  await before.node.clock.advance(1);
  await before.node.stop();
  assert.equal(readFileSync(join(queueDir, 'hosts'), 'latin1'), `${quick}\n`);
  // The second run learns nothing new; the third finds what the first one wrote.
  for (let run = 0; run < 2; run += 1) {
    const { node, send, hanging, quickTakes } = await house({}, 20, { queueDir });
    await send(holesNamed(100));
    assert.equal(hanging(), slots - 1);
    const took = await quickTakes();
    assert.ok(took !== undefined && took <= 1_000, `${took} ms`);
    node.crash();
  }
});

test('a file of hosts that is none: the server starts, everybody is a newcomer', async (t) => {
  const queueDir = mkdtempSync(join(tmpdir(), 'hosts-'));
  t.after(() => rmSync(queueDir, { recursive: true }));
  mkdirSync(join(queueDir, 'hosts'));
  const { node, send, quickTakes } = await house({}, 20, { queueDir });
  await send(holesNamed(100));
  assert.equal(await quickTakes(), undefined);
  await node.clock.advance(120);
  node.crash();
  rmSync(join(queueDir, 'hosts'), { recursive: true });
  writeFileSync(join(queueDir, 'hosts'), `\0\xff\n\n${'x'.repeat(400)}\n${quick}\nhalf`, 'latin1');
  const next = await house({}, 20, { queueDir });
  await next.send(holesNamed(100));
  assert.notEqual(await next.quickTakes(), undefined);
  next.node.crash();
});

test('without mail for others hosts that hang have all slots but one; the first message for others finds it', async () => {
  const { node, send, hanging, quickTakes } = await house();
  await send([quick]);
  await send(holesNamed(200));
  await node.clock.advance(600);
  assert.equal(hanging(), slots - 1);
  const took = await quickTakes();
  assert.ok(took !== undefined && took <= 1_000, `${took} ms`);
  node.crash();
});

test('new hosts that answer are held to nothing: none is deferred, all but one slot are at work', async () => {
  const { node, remote, send, complete } = await house({}, 400);
  await send(Array.from({ length: 1_000 }, (_, n) => `d${n}.good.example`));
  await node.clock.advance(24);
  assert.ok(remote.done.length >= 1_000, `${remote.done.length} of 1000 within 24 s of 20`);
  complete();
  assert.equal(node.host.counters()['send.deferred'], 0);
  await node.stop();
});

test('more that hang than may wait aside: a host that has answered is served, every other is tried in the end', async () => {
  const { node, remote, holes, send, quickTakes, complete } = await house();
  await send([quick]);
  await node.clock.advance(1);
  await send(holesNamed(2_000));
  await node.clock.advance(2);
  await send(holesNamed(300, 2_000));
  assert.ok(Number(node.host.counters()['send.aside']) <= 2_000);
  for (let n = 0; n < 5; n += 1) {
    const took = await quickTakes();
    assert.ok(took !== undefined && took <= 1_000, `${took} ms`);
  }
  holes.hang = false;
  await node.clock.advance(6_000);
  assert.equal(remote.done.filter(({ outcome }) => outcome === 'K').length, 2_306);
  complete();
  await node.stop();
});

test('a host that has answered and hangs three times in a row is one of those that hang', async () => {
  const { node, holes, send, hanging } = await house();
  const names = holesNamed(slots * 2);
  holes.hang = false;
  await send([quick, ...names]);
  await node.clock.advance(2);
  holes.hang = true;
  await send(names);
  assert.equal(hanging(), slots, 'each has answered before');
  for (let n = 0; n < 8; n += 1) {
    await send(names);
    await node.clock.advance(61);
  }
  assert.ok(hanging() < slots, `${hanging()} of ${slots} slots hang`);
  node.crash();
});

test('with fewer than five slots none is kept free', async () => {
  const { node, send, hanging } = await house({ concurrencyremote: 4 });
  await send(holesNamed(20));
  assert.equal(hanging(), 4);
  node.crash();
});

test('one message for many new hosts: each recipient is tried once, none waits for its next try', async () => {
  const { node, remote } = await house();
  const recipients = Array.from({ length: 2_200 }, (_, n) => `r@d${n}.good.example`);
  await node.accepted('s@b', recipients);
  await node.clock.advance(30);
  assert.equal(remote.done.length, 2_200);
  assert.equal(node.host.counters()['send.deferred'], 0);
  assert.equal(node.store.count(), 0);
  await node.stop();
});
