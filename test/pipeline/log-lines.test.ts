/**
 * The way of one message through all actors, told by the log: which lines, in which order (spec send.md §5,
 * log.md), and what the deliveries were given.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

const two = { locals: ['mx.test.example'] };

test('one local message: the lines of qmail-send in their order', async () => {
  const node = await OneThreadNode.started({ settings: two });
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
