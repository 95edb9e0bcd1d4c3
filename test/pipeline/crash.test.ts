/**
 * A process that ends without a word, and the next one on the same store: what is marked stays done, what is
 * not is tried again, nothing is forgotten. And deliveries whose worker dies.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import type { QueueStore } from '../../src/store/queue-store.js';
import { birth, OneThreadNode } from '../support/one-thread-node.js';
import type { Script } from '../support/scripted-slots.js';

const next = (store: QueueStore, script?: Script, seconds = birth): Promise<OneThreadNode> =>
  OneThreadNode.started({ store, seconds, ...(script === undefined ? {} : { script }) });

test('recipients that were marked are not delivered again, the others are', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencylocal: 1 } });
  const recipients = ['a@mx.test.example', 'b@mx.test.example', 'c@mx.test.example'];
  node.slots.held.add('local');
  const id = await node.accepted('s@b', recipients);
  await node.settle();
  node.slots.release('local', 1);
  await node.settle();
  node.crash();
  assert.deepEqual(node.slots.delivered, ['a@mx.test.example']);
  const after = await next(node.store);
  await after.log.line(`end msg ${id}`);
  assert.deepEqual(after.slots.delivered, ['b@mx.test.example', 'c@mx.test.example']);
  assert.deepEqual(
    after.slots.attempts.map(({ delivery }) => delivery.repeated),
    [true, true],
  );
  assert.equal(after.log.lines[1], `new msg ${id}`);
  assert.equal(after.store.count(), 0);
  await after.stop();
});

test('a crash before the mark delivers a second time, never not at all', async () => {
  const node = await OneThreadNode.started();
  node.watched.refuse = (name) => name === 'finish' || name === 'mark';
  const id = await node.accepted('s@b', ['a@far.example']);
  await node.settle();
  node.crash();
  const after = await next(node.store);
  await after.log.line(`end msg ${id}`);
  assert.deepEqual(after.slots.delivered, ['a@far.example']);
  await after.stop();
});

test('failures marked before a crash stand in the bounce', async () => {
  const script: Script = (to) => (to.startsWith('bad') ? 'D' : to.startsWith('s@') ? 'K' : 'Z');
  const node = await OneThreadNode.started({ script });
  node.slots.held.add('local');
  await node.accepted('s@far.example', ['bad@far.example', 'bad@mx.test.example']);
  await node.settle();
  node.crash();
  const after = await next(node.store, script);
  await after.settle();
  const text = Buffer.from(
    after.slots.attempts.find(({ recipient }) => recipient === 's@far.example')?.delivery.bytes ?? [],
  ).toString();
  assert.ok(text.includes('<bad@far.example>:') && text.includes('<bad@mx.test.example>:'), text);
  assert.equal(after.slots.times('bad@far.example', 0).length, 0);
  assert.equal(after.store.count(), 0);
  await after.stop();
});

test('deferred messages keep their times over a crash', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  await node.accepted('s@b', ['a@far.example', 'l@mx.test.example']);
  await node.clock.advance(150);
  node.crash();
  const after = await next(node.store, () => 'Z', birth + 150);
  await after.clock.advance(1_850);
  assert.deepEqual(after.slots.times('l@mx.test.example', birth), [400, 900, 1600]);
  assert.deepEqual(after.slots.times('a@far.example', birth), [400, 1600]);
  await after.stop();
});

for (const [channel, recipient] of [
  ['local', 'joe@mx.test.example'],
  ['remote', 'joe@far.example'],
] as const) {
  test(`${channel}: a worker that dies defers its delivery, and the next try knows`, async () => {
    const node = await OneThreadNode.started({ script: () => 'crash' });
    const id = await node.accepted('s@b', [recipient]);
    await node.log.line('delivery 1');
    assert.ok(node.log.lines.includes(`delivery 1: deferral: qmail-${channel}_crashed./`));
    node.slots.script = () => 'K';
    await node.clock.advance(400);
    await node.log.line(`end msg ${id}`);
    // A remote worker has no use for knowing it: the other side cannot be asked.
    const known = channel === 'local' ? [false, true] : [undefined, undefined];
    assert.deepEqual(
      node.slots.attempts.map(({ delivery }) => delivery.repeated),
      known,
    );
    await node.stop();
  });
}

test('a stop that waits for its deliveries loses nothing; what had not begun is done by the next process', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 2 } });
  node.slots.held.add('remote');
  const recipients = Array.from({ length: 6 }, (_, n) => `r${n}@far.example`);
  await node.accepted('s@b', recipients);
  const other = await node.accepted('s@b', ['x@far.example', 'l@mx.test.example']);
  await node.settle();
  const stopped = node.stop();
  await node.settle();
  node.slots.release('remote');
  await stopped;
  assert.deepEqual(node.slots.delivered, ['l@mx.test.example', 'r0@far.example', 'r1@far.example']);
  assert.equal(node.log.lines.at(-1), 'status: exiting');
  assert.ok(node.log.lines.includes('status: local 0/10 remote 1/2 exitasap'));
  assert.deepEqual(await node.submit('s@b', ['late@far.example']), {
    tag: 'refused',
    why: 'draining',
    text: 'the server is stopping',
  });
  node.crash();

  assert.ok(node.store instanceof MemoryQueue);
  node.store.reopen();
  const after = await next(node.store);
  await after.log.line(`end msg ${other}`);
  await after.settle();
  assert.deepEqual(after.slots.delivered.sort(), [...recipients.slice(2), 'x@far.example'].sort());
  assert.equal(after.store.count(), 0);
  await after.stop();
});

test('a stop that does not wait defers what is at work, on disk, for the next process', async () => {
  const node = await OneThreadNode.started({ store: new MemoryQueue() });
  node.slots.held.add('remote').add('local');
  const id = await node.accepted('s@b', ['r@far.example', 'l@mx.test.example']);
  await node.settle();
  await node.host.stop();
  node.host.end();
  for (const delivery of [1, 2]) {
    const line = `delivery ${delivery}: deferral: The_server_stopped_before_this_delivery_was_over._(#4.3.2)/`;
    assert.ok(node.log.lines.includes(line), line);
  }
  assert.equal(node.log.lines.at(-1), 'status: exiting');
  (node.store as MemoryQueue).reopen();
  assert.deepEqual(node.store.head(id)?.due, { local: birth + 100, remote: birth + 400 });
  const after = await next(node.store);
  await after.clock.advance(400);
  assert.deepEqual(after.slots.delivered, ['l@mx.test.example', 'r@far.example']);
  assert.equal(after.store.count(), 0);
  await after.stop();
});

test('the next try after a lost report is told so, also while the message stays in memory', async () => {
  let tries = 0;
  const node = await OneThreadNode.started({
    script: (to) => (to.startsWith('joe') && ++tries === 1 ? 'crash' : 'K'),
  });
  node.slots.held.add('remote');
  await node.accepted('s@b', ['joe@mx.test.example', 'far@far.example']);
  await node.settle();
  await node.clock.advance(100);
  const mine = node.slots.attempts.filter(({ channel }) => channel === 'local');
  assert.deepEqual(
    mine.map(({ delivery }) => delivery.repeated),
    [false, true],
  );
  node.slots.release('remote');
  await node.settle();
  assert.equal(node.store.count(), 0);
  await node.stop();
});
