/** Slots: their limits, holding a channel, backlogs larger than the room in memory, pause and reload. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

const many = (count: number, host = 'far.example'): string[] => Array.from({ length: count }, (_, n) => `r${n}@${host}`);

test('2,500 recipients: routed once, delivered window by window, each exactly once', async () => {
  const settings = { rcptspertransaction: 100, concurrencyremote: 3, concurrencylocal: 5 };
  const node = await OneThreadNode.started({ settings, script: (to) => (to.startsWith('r7') ? 'Z' : 'K') });
  const recipients = [...many(1_250), ...many(1_250, 'mx.test.example')];
  const id = await node.accepted('s@b', recipients);
  await node.settle();
  assert.ok(node.slots.peak.remote <= 3 && node.slots.peak.local <= 5);
  assert.equal(node.slots.attempts.length, 2_500);
  assert.equal(node.watched.calls.get('preprocess'), 1);
  node.slots.script = () => 'K';
  await node.clock.advance(400);
  await node.log.line(`end msg ${id}`);
  assert.deepEqual(node.slots.delivered.toSorted(), recipients.toSorted());
  assert.equal(node.slots.attempts.length, 2_500 + recipients.filter((to) => to.startsWith('r7')).length);
  const groups = node.slots.attempts
    .filter(({ channel }) => channel === 'remote')
    .map(({ delivery }) => delivery.recipients.length);
  assert.equal(Math.max(...groups), 100);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('a backlog larger than the room is delivered once each, in order', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 2 } });
  node.slots.held.add('remote');
  const sent: string[] = [];
  for (let n = 0; n < 300; n += 1) {
    sent.push(`m${n}@far.example`);
    await node.accepted('s@b', [`m${n}@far.example`]);
  }
  await node.settle();
  assert.equal(node.slots.running.remote, 2);
  node.slots.release('remote');
  await node.settle();
  assert.deepEqual(node.slots.delivered, sent);
  assert.equal(node.slots.peak.remote, 2);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

for (const kind of ['new mail', 'deferred mail'] as const) {
  test(`a backlog of ${kind} is read in lots, not anew for every slot that frees`, async () => {
    const node = await OneThreadNode.started({ settings: { concurrencyremote: 2 }, script: () => 'Z' });
    if (kind === 'new mail') node.slots.held.add('remote');
    for (let n = 0; n < 300; n += 1) await node.accepted('s@b', [`m${n}@far.example`]);
    await node.settle();
    node.slots.held.add('remote');
    await node.clock.advance(400);
    const looks = (): number => (node.watched.calls.get('todo') ?? 0) + (node.watched.calls.get('due') ?? 0);
    const before = looks();
    node.slots.script = () => 'K';
    for (let n = 0; n < 150; n += 1) {
      node.slots.release('remote', 1);
      await node.settle();
    }
    assert.equal(node.slots.delivered.length, 150);
    assert.ok(looks() - before < 15, `${looks() - before} looks for 150 messages`);
    node.slots.release('remote');
    await node.clock.advance(1_200);
    assert.equal(node.slots.delivered.length, 300);
    assert.equal(node.store.count(), 0);
    await node.stop();
  });
}

test('a full remote channel does not hold up local mail', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 1 } });
  node.slots.held.add('remote');
  for (let n = 0; n < 200; n += 1) await node.accepted('s@b', [`r${n}@far.example`, `l${n}@mx.test.example`]);
  await node.settle();
  assert.equal(node.slots.delivered.length, 200);
  assert.ok(node.slots.delivered.every((to) => to.startsWith('l')));
  node.slots.release('remote');
  await node.settle();
  assert.equal(node.slots.delivered.length, 400);
  assert.equal(new Set(node.slots.delivered).size, 400);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('concurrency 0 holds a channel until it is raised; a lower one is kept to', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 0 } });
  await node.accepted('s@b', many(40));
  await node.clock.advance(5_000);
  assert.equal(node.slots.attempts.length, 0);
  node.slots.held.add('remote');
  await node.reload({ concurrencyremote: 8 });
  assert.equal(node.slots.running.remote, 8);
  await node.reload({ concurrencyremote: 3 });
  assert.equal(node.slots.running.remote, 8);
  node.slots.release('remote', 6);
  await node.settle();
  assert.equal(node.slots.running.remote, 3);
  node.slots.release('remote');
  await node.settle();
  assert.equal(node.slots.delivered.length, 40);
  assert.equal(node.slots.peak.remote, 8);
  await node.stop();
});

test('pause begins nothing, cont goes on where it was', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 2 }, script: () => 'Z' });
  node.slots.held.add('remote');
  await node.accepted('s@b', many(5));
  await node.settle();
  node.host.pause(true);
  node.slots.release('remote');
  await node.accepted('s@b', ['l@mx.test.example', 'x@far.example']);
  await node.clock.advance(3_000);
  assert.equal(node.slots.attempts.length, 2);
  node.slots.script = () => 'K';
  node.host.pause(false);
  await node.clock.advance(4_000);
  assert.equal(node.slots.delivered.length, 7);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('a reload routes new mail anew, not what is routed already', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  const old = await node.accepted('s@b', ['a@new.example']);
  await node.settle();
  await node.reload({ locals: ['mx.test.example', 'new.example'], virtualdomains: { 'v.example': 'joe' } });
  await node.accepted('s@b', ['b@new.example', 'c@v.example']);
  await node.clock.advance(400);
  const channels = new Map(node.slots.attempts.map(({ recipient, channel }) => [recipient, channel]));
  assert.deepEqual(Object.fromEntries(channels), {
    'a@new.example': 'remote',
    'b@new.example': 'local',
    'joe-c@v.example': 'local',
  });
  assert.deepEqual(node.store.head(old)?.due, { remote: birth + 1_600 });
  await node.stop();
});

test('a reload between the channels of one message leaves no recipient behind', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencylocal: 0 } });
  const id = await node.accepted('s@b', ['r@far.example', 'l@moving.example', 'm@mx.test.example']);
  await node.settle();
  await node.reload({ locals: ['mx.test.example', 'moving.example'] });
  const other = await node.accepted('s@b', ['r2@far.example', 'l2@moving.example', 'm2@mx.test.example']);
  await node.settle();
  await node.reload({ locals: ['mx.test.example'], concurrencylocal: 10 });
  await node.log.line(`end msg ${id}`);
  await node.log.line(`end msg ${other}`);
  const all = [
    'l2@moving.example',
    'l@moving.example',
    'm2@mx.test.example',
    'm@mx.test.example',
    'r2@far.example',
    'r@far.example',
  ];
  assert.deepEqual(node.slots.delivered.toSorted(), all);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('a disk that stands still does not fill the memory with messages that cannot be marked', async () => {
  const store = new MemoryQueue();
  const node = await OneThreadNode.started({ store, settings: { concurrencylocal: 0 } });
  for (let n = 0; n < 6_000; n += 1) await node.accepted('s@b', [`l${n}@mx.test.example`]);
  await node.settle();
  const release = store.holdCommits();
  await node.reload({ concurrencylocal: 10 });
  const waiting = Number(node.host.counters()['send.jobs']);
  assert.ok(waiting > 1_000 && waiting < 5_500, `${waiting} messages wait for the disk`);
  release();
  await node.settle();
  assert.equal(node.slots.delivered.length, 6_000);
  assert.equal(node.host.counters()['send.jobs'], 0);
  assert.equal(store.count(), 0);
  await node.stop();
});

test('a delivery that takes half a day is not made again meanwhile', async () => {
  const node = await OneThreadNode.started({});
  for (const channel of ['local', 'remote'] as const) node.slots.held.add(channel);
  await node.accepted('s@b', ['slow@far.example', 'slow@mx.test.example']);
  await node.settle();
  await node.clock.advance(43_200);
  assert.deepEqual(node.slots.peak, { local: 1, remote: 1 });
  for (const channel of ['local', 'remote'] as const) node.slots.release(channel);
  await node.settle();
  assert.equal(node.slots.attempts.length, 2);
  assert.equal(node.store.count(), 0);
  await node.stop();
});
