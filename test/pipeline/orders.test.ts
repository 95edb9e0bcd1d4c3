/**
 * What an administrator orders for single messages, wherever they are: deferred, waiting in memory for a slot, not looked at yet, with
 * more recipients than are in memory at once. No message is lost that was not to be, none is told of twice.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Order } from '../../src/actors/node-api.js';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

const bodyOf = async (node: OneThreadNode, id: number): Promise<string> => {
  const body = node.store.read(id);
  return body !== undefined && 'bytes' in body ? Buffer.from(body.bytes).toString('latin1') : '';
};

async function order(node: OneThreadNode, what: Order, ids: readonly number[]): Promise<string> {
  const { done, busy, gone } = await node.host.order(what, ids);
  await node.settle();
  return `${done} done, ${busy.length} busy, ${gone} gone`;
}

test('deferred messages: removed without a word, or given up with one bounce', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('s') ? 'K' : 'Z') });
  const removed = await node.accepted('s1@here.example', ['one@far.example', 'two@far.example']);
  const bounced = await node.accepted('s2@here.example', ['three@far.example', 'box@mx.test.example']);
  const other = await node.accepted('s3@here.example', ['four@far.example']);
  await node.settle();
  assert.equal(await order(node, 'remove', [removed, 4_711]), '1 done, 0 busy, 1 gone');
  assert.equal(await order(node, 'bounce', [bounced]), '1 done, 0 busy, 0 gone');
  assert.deepEqual(node.slots.delivered, ['s2@here.example'], 'the sender of one was told');
  assert.deepEqual(
    node.store.list(0, 10).map(({ id }) => id),
    [other],
  );
  await node.clock.advance(2_000);
  await node.log.line(`info: msg ${removed} is removed without a bounce, as ordered`);
  await node.log.line(`end msg ${removed}`);
  assert.deepEqual(node.slots.times('one@far.example', birth), [0], 'never tried again');
  assert.ok(node.slots.times('four@far.example', birth).length > 1, 'the other goes on');
  await node.stop();
});

test('a message with damaged recipients is not given up: nobody could tell its sender of those', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('s') ? 'K' : 'Z') });
  const id = await node.accepted('s@here.example', ['one@far.example', 'damaged@far.example']);
  await node.settle();
  node.watched.answer = (name, result) => (name === 'recipients' ? (result as unknown[]).slice(0, 1) : result);
  assert.equal(await order(node, 'bounce', [id]), '0 done, 1 busy, 0 gone');
  assert.equal(node.store.head(id)?.recipientCount, 2);
  assert.deepEqual(
    node.store.recipients(id, 0, 10).map(({ done }) => done),
    [false, false],
  );
  assert.deepEqual(node.slots.delivered, [], 'no bounce');
  assert.equal(await order(node, 'remove', [id]), '1 done, 0 busy, 0 gone');
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('the bounce names every recipient that was left, and those that failed before, once', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('bad') ? 'D' : to.startsWith('late') ? 'Z' : 'K') });
  const id = await node.accepted('s@here.example', [
    'bad@far.example',
    'late1@far.example',
    'good@far.example',
    'late2@mx.test.example',
  ]);
  await node.settle();
  node.slots.held.add('remote');
  assert.equal(await order(node, 'bounce', [id]), '1 done, 0 busy, 0 gone');
  const [bounce] = node.store.list(0, 10);
  assert.ok(bounce !== undefined && bounce.sender === '');
  const text = await bodyOf(node, bounce.id);
  assert.deepEqual(
    [...text.matchAll(/^<(\S+)>:/gm)].map(([, address]) => address),
    ['bad@far.example', 'late1@far.example', 'late2@mx.test.example'],
  );
  assert.equal(text.match(/administrator of this server gave this message up\. \(#5\.4\.7\)/g)?.length, 2);
  node.slots.release('remote');
  await node.stop();
});

for (const what of ['remove', 'bounce'] as const) {
  test(`${what}: a message under way is left alone, those that wait for a slot are not`, async () => {
    const node = await OneThreadNode.started({ settings: { concurrencyremote: 2 } });
    node.slots.held.add('remote');
    const ids: number[] = [];
    for (let n = 0; n < 8; n++) ids.push(await node.accepted('', [`r${n}@far.example`]));
    await node.settle();
    assert.equal(node.slots.waiting('remote').length, 2);
    assert.equal(await order(node, what, ids), '6 done, 2 busy, 0 gone');
    node.slots.release('remote');
    await node.settle();
    assert.deepEqual(
      node.slots.delivered.filter((to) => to.startsWith('r')),
      ['r0@far.example', 'r1@far.example'],
    );
    assert.equal(node.store.count(), 0);
    assert.equal(node.host.counters()['send.jobs'], 0);
    await node.stop();
  });
}

test('messages that nobody has looked at are removed, held and given up too', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 0, concurrencylocal: 0 } });
  const ids: number[] = [];
  for (let n = 0; n < 300; n++) ids.push(await node.accepted('', [`r${n}@far.example`, `l${n}@mx.test.example`]));
  await node.settle();
  assert.equal(await order(node, 'remove', ids.slice(0, 100)), '100 done, 0 busy, 0 gone');
  assert.equal(await order(node, 'hold', ids.slice(100, 200)), '100 done, 0 busy, 0 gone');
  assert.equal(node.store.count(), 200);
  await node.reload({ concurrencyremote: 5, concurrencylocal: 5 });
  assert.equal(node.store.count(), 100);
  assert.equal(node.slots.delivered.length, 200);
  assert.equal(await order(node, 'retry', ids), '100 done, 0 busy, 200 gone');
  assert.equal(node.slots.delivered.length, 400);
  assert.equal(new Set(node.slots.delivered).size, 400, 'each once');
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('a held message is not tried until it is asked for, survives a restart, and its lifetime goes on', async () => {
  const settings = { queuelifetime: 100_000 };
  const node = await OneThreadNode.started({ settings, script: () => 'Z' });
  const id = await node.accepted('s@here.example', ['one@far.example', 'two@mx.test.example']);
  await node.settle();
  assert.equal(await order(node, 'hold', [id]), '1 done, 0 busy, 0 gone');
  await node.clock.advance(10_000);
  node.crash();
  const next = await OneThreadNode.started({ settings, store: node.store, seconds: birth + 10_000 });
  await next.clock.advance(200_000);
  assert.deepEqual(next.slots.attempts, []);
  assert.equal(await order(next, 'retry', [id]), '1 done, 0 busy, 0 gone');
  assert.deepEqual([...next.slots.delivered].sort(), ['one@far.example', 'two@mx.test.example']);
  assert.equal(next.store.count(), 0);
  await next.stop();
});

test('thousands of recipients: the bounce names all that were left', async () => {
  const node = await OneThreadNode.started({
    settings: { concurrencyremote: 50 },
    script: (to) => (to.startsWith('r1') ? 'K' : 'Z'),
  });
  const recipients = Array.from({ length: 2_500 }, (_, n) => `r${n}@far.example`);
  const id = await node.accepted('s@here.example', recipients);
  await node.settle();
  node.slots.held.add('remote');
  assert.equal(await order(node, 'bounce', [id]), '1 done, 0 busy, 0 gone');
  const [bounce] = node.store.list(0, 10);
  const text = await bodyOf(node, bounce?.id ?? 0);
  const left = recipients.filter((to) => !to.startsWith('r1'));
  assert.deepEqual(
    [...text.matchAll(/^<(\S+)>:/gm)].map(([, address]) => address),
    left,
  );
  node.slots.release('remote');
  await node.stop();
});

test('orders while paused; the same message twice; a bounce rate that is used up', async () => {
  const node = await OneThreadNode.started({ settings: { bouncerate: 1 }, script: (to) => (to.startsWith('s') ? 'K' : 'Z') });
  const ids: number[] = [];
  for (let n = 0; n < 3; n++) ids.push(await node.accepted(`s${n}@here.example`, [`r${n}@far.example`]));
  await node.settle();
  node.host.pause(true);
  const counts = await node.host.order('bounce', [...ids, ...ids]);
  assert.equal(counts.done, 3);
  node.host.pause(false);
  await node.clock.advance(300);
  assert.deepEqual([...node.slots.delivered].sort(), ['s0@here.example', 's1@here.example', 's2@here.example']);
  assert.equal(node.store.count(), 0);
  await node.stop();
});
