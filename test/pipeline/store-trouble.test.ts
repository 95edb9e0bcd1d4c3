/** What the pipeline does when the queue cannot keep something, and when hints of new mail are lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import type { NewMessage } from '../../src/store/queue-store.js';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

const unheard = (recipients: readonly string[]): NewMessage => ({
  origin: 'inject',
  uid: 0,
  qp: 1,
  birth,
  sender: 's@b',
  recipients,
  body: { form: 'wire', bytes: Buffer.from('x\r\n') },
  unixSize: 2,
});

test('a failed commit is fatal, and the message it held was refused', async () => {
  const store = new MemoryQueue();
  const node = await OneThreadNode.started({ store });
  store.failNextCommit('EIO');
  assert.deepEqual(await node.submit('s@b', ['a@far.example']), { tag: 'refused', why: 'storage', text: 'EIO' });
  assert.deepEqual(node.fatal.slice(0, 1), ['queue store failed: EIO']);
  assert.equal(node.slots.attempts.length, 0);
  node.crash();
});

test('a full store refuses new mail, and what is queued goes on and makes room', async () => {
  const store = new MemoryQueue();
  const node = await OneThreadNode.started({ store });
  node.slots.held.add('remote');
  const id = await node.accepted('s@b', ['a@far.example']);
  await node.settle();
  store.setFull('no room on the disk');
  await node.clock.advance(1);
  assert.equal(node.board.get('full'), true);
  assert.deepEqual(await node.submit('s@b', ['b@far.example']), { tag: 'refused', why: 'full', text: 'no room on the disk' });
  node.slots.release('remote');
  await node.log.line(`end msg ${id}`);
  store.setFull(undefined);
  await node.clock.advance(1);
  assert.equal(node.board.get('full'), false);
  await node.accepted('s@b', ['c@far.example']);
  await node.settle();
  assert.deepEqual(node.slots.delivered, ['a@far.example', 'c@far.example']);
  await node.stop();
});

test('marks that cannot be kept are tried again; nothing is delivered twice meanwhile', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('z') ? 'Z' : 'K') });
  let refusals = 1;
  node.watched.refuse = (name) => name === 'mark' && refusals-- > 0;
  const id = await node.accepted('s@b', ['l@mx.test.example', 'z@mx.test.example']);
  await node.log.line(`warning: trouble marking`);
  await node.clock.advance(110);
  assert.equal(node.slots.attempts.length, 2);
  await node.clock.advance(20);
  assert.deepEqual(node.slots.times('l@mx.test.example', birth), [0]);
  assert.deepEqual(
    node.store.recipients(id, 0, 9).map(({ done }) => done),
    [true, false],
  );
  await node.clock.advance(1);
  assert.equal(node.slots.times('z@mx.test.example', birth).length, 2);
  await node.stop();
});

test('the end of a message is not lost when the queue cannot say what is left of it', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  const id = await node.accepted('s@b', ['a@far.example']);
  await node.clock.advance(399);
  node.slots.script = () => 'K';
  let refusals = 1;
  node.watched.refuse = (name) => name === 'finish' && refusals-- > 0;
  await node.clock.advance(1);
  assert.deepEqual(node.store.head(id)?.due, { remote: birth + 400 });
  await node.clock.advance(123);
  assert.equal(node.store.count(), 0);
  assert.equal(node.slots.delivered.length, 1);
  await node.stop();
});

test('a message whose hint was lost is found by the next hint, and announced once', async () => {
  const node = await OneThreadNode.started();
  const first = await node.accepted('s@b', ['a@far.example']);
  await node.settle();
  await node.store.accept(unheard(['lost@far.example', 'lost@mx.test.example']));
  await node.settle();
  assert.deepEqual(node.slots.delivered, ['a@far.example']);
  const last = await node.accepted('s@b', ['c@far.example']);
  await node.log.line(`end msg ${last}`);
  await node.log.line(`end msg ${first + 1}`);
  assert.deepEqual(node.slots.delivered.toSorted(), [
    'a@far.example',
    'c@far.example',
    'lost@far.example',
    'lost@mx.test.example',
  ]);
  const ids = node.log.lines.filter((line) => line.startsWith('new msg'));
  assert.deepEqual(ids.toSorted(), [`new msg ${first}`, `new msg ${first + 1}`, `new msg ${last}`]);
  for (const id of [first, first + 1, last]) {
    const start = node.log.lines.findIndex((line) => line.includes(`: msg ${id} to `));
    assert.ok(node.log.lines.indexOf(`new msg ${id}`) < start);
  }
  await node.stop();
});

test('a message whose hint was lost is found without any other within the minute', async () => {
  const node = await OneThreadNode.started();
  await node.accepted('s@b', ['a@far.example']);
  await node.settle();
  const lost = await node.store.accept(unheard(['lost@far.example']));
  await node.settle();
  assert.deepEqual(node.slots.delivered, ['a@far.example']);
  await node.clock.advance(60);
  assert.equal(node.store.count(), 0);
  await node.log.line(`end msg ${lost}`);
  assert.deepEqual(node.slots.delivered, ['a@far.example', 'lost@far.example']);
  await node.stop();
});

test('recipients that cannot be read keep their message in the queue', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  const id = await node.accepted('s@b', ['a@far.example', 'damaged@far.example']);
  await node.settle();
  node.slots.script = () => 'K';
  node.watched.answer = (name, result) => (name === 'recipients' ? (result as unknown[]).slice(0, 1) : result);
  await node.clock.advance(400);
  assert.deepEqual(node.slots.delivered, ['a@far.example']);
  assert.deepEqual(node.store.head(id)?.due, { remote: birth + 1600 });
  await node.stop();
});

test('a message found with fewer recipients than it was accepted with is left as it is', async () => {
  const node = await OneThreadNode.started();
  const id = await node.store.accept(unheard(['a@far.example', 'damaged@far.example']));
  node.watched.answer = (name, result) => (name === 'recipients' ? (result as unknown[]).slice(0, 1) : result);
  await node.clock.advance(60);
  assert.ok((node.watched.calls.get('recipients') ?? 0) > 0, 'it was looked at');
  assert.deepEqual(node.slots.attempts, [], 'to end as if all were done');
  assert.equal(node.store.head(id)?.recipientCount, 2);
  await node.stop();
});

test('routing that cannot be kept is tried again once a second, not at once', async () => {
  const node = await OneThreadNode.started({ script: () => 'K' });
  node.watched.refuse = (name) => name === 'preprocess';
  await node.accepted(
    's@b',
    Array.from({ length: 1_001 }, (_, n) => `r${n}@far.example`),
  );
  await node.settle();
  const before = node.watched.calls.get('preprocess') ?? 0;
  assert.ok(before > 0 && before <= 2, `${before} tries`);
  node.watched.refuse = () => false;
  await node.clock.advance(2);
  assert.equal(new Set(node.slots.delivered).size, 1_001);
  assert.equal(node.slots.delivered.length, 1_001);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('what a recipient failed of is in the bounce although its mark was refused first', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('gone') ? 'D' : to === 's@b.example' ? 'K' : 'Z') });
  node.watched.refuse = (name) => name === 'mark';
  await node.accepted('s@b.example', ['gone@far.example', 'busy@far.example']);
  await node.settle();
  node.watched.refuse = () => false;
  await node.clock.advance(123);
  node.slots.script = () => 'K';
  await node.clock.advance(400);
  const bounce = node.slots.attempts.find(({ recipient }) => recipient === 's@b.example');
  assert.match(Buffer.from(bounce?.delivery.bytes ?? []).toString('latin1'), /<gone@far\.example>:\r?\nno such mailbox/);
  assert.equal(node.slots.times('gone@far.example', birth).length, 1, 'marked in the end');
  assert.equal(node.store.count(), 0);
  await node.stop();
});

for (const change of ['preprocess', 'reschedule'] as const) {
  test(`a next try that cannot be kept (${change}) is not forgotten`, async () => {
    const node = await OneThreadNode.started({ script: () => 'Z' });
    const id = await node.accepted('s@b.example', ['busy@far.example']);
    let refused = 0;
    node.watched.refuse = (name) => name === change && refused++ === 0;
    await node.clock.advance(1_000);
    assert.ok(refused > 1, 'refused once, and asked again');
    assert.ok((node.store.head(id)?.due?.remote ?? 0) > birth + 400);
    node.slots.script = () => 'K';
    await node.clock.advance(4_000);
    assert.equal(node.store.count(), 0);
    await node.stop();
  });
}
