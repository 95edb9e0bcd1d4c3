/**
 * The way of one message through all actors, told by the log: which lines, in which order (spec send.md §5,
 * log.md), and what the deliveries were given.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

test('one local message: the lines of qmail-send in their order', async () => {
  const node = await OneThreadNode.started();
  const id = await node.accepted('a@b', ['joe@mx.test.example']);
  await node.log.line(`end msg ${id}`);
  assert.deepEqual(node.log.lines, [
    'status: local 0/10 remote 0/20',
    `new msg ${id}`,
    `info msg ${id}: bytes 21 from <a@b> qp 4242 uid 7791`,
    `starting delivery 1: msg ${id} to local joe@mx.test.example`,
    'status: local 1/10 remote 0/20',
    'delivery 1: success: did_1+0+0/',
    'status: local 0/10 remote 0/20',
    `end msg ${id}`,
  ]);
  assert.equal(node.store.count(), 0);
  const [attempt] = node.slots.attempts;
  assert.equal(attempt?.delivery.birth, birth);
  assert.equal(attempt?.delivery.index, 0);
  assert.equal(attempt?.delivery.repeated, false);
  assert.equal(Buffer.from(attempt?.delivery.bytes ?? []).toString('latin1'), 'Subject: hello\r\n\r\nbody\r\n');
  await node.stop();
});

test('recipients are routed to both channels and start in the order of the envelope', async () => {
  const settings = { virtualdomains: { 'v.example': 'joe-v' }, percenthack: ['mx.test.example'] };
  const node = await OneThreadNode.started({ settings });
  node.slots.held.add('local').add('remote');
  const recipients = ['u%far.example@mx.test.example', 'x@v.example', 'lone', 'y@far.example'];
  const id = await node.accepted('a@b', recipients);
  await node.settle();
  node.slots.release('local');
  node.slots.release('remote');
  await node.log.line(`end msg ${id}`);
  const starts = node.log.lines.filter((line) => line.startsWith('starting'));
  assert.deepEqual(starts, [
    `starting delivery 1: msg ${id} to local joe-v-x@v.example`,
    `starting delivery 2: msg ${id} to local lone@mx.test.example`,
    `starting delivery 3: msg ${id} to remote u@far.example`,
    `starting delivery 4: msg ${id} to remote y@far.example`,
  ]);
  assert.equal(node.log.lines[10], 'status: local 2/10 remote 2/20');
  await node.stop();
});

test('a message without recipients ends at once', async () => {
  const node = await OneThreadNode.started();
  const id = await node.accepted('a@b', []);
  await node.log.line(`end msg ${id}`);
  await node.settle();
  assert.deepEqual(node.log.lines.slice(1), [
    `new msg ${id}`,
    `info msg ${id}: bytes 21 from <a@b> qp 4242 uid 7791`,
    `end msg ${id}`,
  ]);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('a deferral is logged, and the message stays', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  const id = await node.accepted('a@b', ['joe@far.example']);
  await node.log.line('delivery 1');
  assert.deepEqual(node.log.lines.slice(-2), ['delivery 1: deferral: busy_now._(#4.3.0)/', 'status: local 0/10 remote 0/20']);
  await node.settle();
  assert.deepEqual(node.store.head(id)?.due, { remote: birth + 400 });
  await node.stop();
});

test('an empty host is one like any other for the client: the route of all others may take it', async () => {
  const node = await OneThreadNode.started();
  const id = await node.accepted('a@b', ['joe@']);
  await node.log.line(`end msg ${id}`);
  assert.deepEqual(
    node.slots.attempts.map(({ delivery }) => delivery.recipients),
    [['joe@']],
  );
  await node.stop();
});

test('the addresses of a mailing list are expanded for each recipient', async () => {
  const node = await OneThreadNode.started({ settings: { rcptspertransaction: 10 } });
  const id = await node.accepted('owner-@lists.example-@[]', ['joe@far.example', 'ann@far.example', 'bob@mx.test.example']);
  await node.log.line(`end msg ${id}`);
  assert.deepEqual(node.slots.attempts.map(({ delivery }) => delivery.sender).sort(), [
    'owner-ann=far.example@lists.example',
    'owner-bob=mx.test.example@lists.example',
    'owner-joe=far.example@lists.example',
  ]);
  assert.equal(node.log.lines[2], `info msg ${id}: bytes 21 from <owner-@lists.example-@[]> qp 4242 uid 7791`);
  await node.stop();
});

test('recipients of one host share a transaction as far as rcptspertransaction allows, each with its own lines', async () => {
  const node = await OneThreadNode.started({ settings: { rcptspertransaction: 2 } });
  node.slots.script = (recipient) => (recipient.startsWith('b') ? 'D' : 'K');
  node.slots.held.add('remote');
  const id = await node.accepted('a@b', ['a@far.example', 'x@other.example', 'b@FAR.example', 'c@far.example']);
  await node.settle();
  node.slots.release('remote');
  await node.log.line(`end msg ${id}`);
  const groups = new Set(
    node.slots.attempts.filter(({ delivery }) => delivery.message === id).map(({ delivery }) => delivery.recipients.join(' ')),
  );
  assert.deepEqual([...groups], ['a@far.example b@FAR.example', 'x@other.example', 'c@far.example']);
  assert.ok(node.log.lines.includes(`starting delivery 2: msg ${id} to remote b@FAR.example`));
  assert.ok(node.log.lines.includes('delivery 1: success: did_1+0+0/'));
  assert.ok(node.log.lines.includes('delivery 2: failure: no_such_mailbox._(#5.1.1)/'));
  assert.equal(node.slots.peak.remote, 3);
  await node.stop();
});

test('json: the same events as records', async () => {
  const node = await OneThreadNode.started({ settings: { logformat: 'json' } });
  await node.accepted('a@b', ['joe@mx.test.example']);
  await node.settle();
  await node.stop();
  const events = node.log.lines.map((line) => (JSON.parse(line) as { event?: string }).event);
  assert.deepEqual(events.slice(1, 5), ['new_msg', 'info_msg', 'starting_delivery', 'status']);
  assert.equal(events.at(-1), 'exiting');
});
