/**
 * Copies of large bodies that nobody needs: of bounces and forwarded mail that the queue did not take. Repeated tries leave
 * none behind, for that is when the disk is full; and a sweep that fails ends nothing.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isUnanswered } from '../../src/actors/kernel/actor.js';
import type { LocalReport } from '../../src/actors/messages.js';
import type { LocalSlots } from '../../src/actors/spawn/local-slots.js';
import { createBodyFile } from '../../src/store/body-file.js';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import { type NodeParts, OneThreadNode } from '../support/one-thread-node.js';
import { until } from '../support/server-home.js';

interface Place {
  readonly node: OneThreadNode;
  readonly queueDir: string;
  /** Names of the body files. */
  bodies(): readonly string[];
}

async function start(t: TestContext, parts: NodeParts): Promise<Place> {
  const queueDir = mkdtempSync(join(tmpdir(), 'tqmail-leftovers-'));
  t.after(() => rmSync(queueDir, { recursive: true, force: true }));
  const node = await OneThreadNode.started({ ...parts, queueDir, store: new MemoryQueue({ dir: queueDir }) });
  return { node, queueDir, bodies: () => readdirSync(join(queueDir, 'body')) };
}

/** A message whose body is a file. */
async function accepted(node: OneThreadNode, queueDir: string, recipient: string): Promise<number> {
  const file = await createBodyFile(queueDir);
  await file.write(Buffer.from(`Subject: large\n\n${'x'.repeat(300_000)}\n`));
  const { size, checksum } = await file.close();
  const body = { form: 'unix', file: file.name, size, checksum, unixSize: size } as const;
  const envelope = { sender: 'ann@far.example', recipients: [recipient] };
  const answer = await node.host.queue.ask('submit', { origin: 'smtp', uid: 7, qp: 8, envelope, ...body });
  assert.ok(!isUnanswered(answer) && answer.tag === 'accepted');
  return answer.id;
}

test('a bounce that the queue does not take is copied once, however often it is tried', async (t) => {
  const { node, queueDir, bodies } = await start(t, { script: (to) => (to.startsWith('joe') ? 'D' : 'K') });
  let refused = 0;
  node.watched.refuse = (name) => name === 'finish' && refused++ < 4;
  const id = await accepted(node, queueDir, 'joe@mx.test.example');
  for (let tries = 0; tries < 3; tries++) {
    await until('it was refused', 10_000, () => refused > tries);
    await node.settle();
    assert.equal(bodies().length, 2, `after ${tries + 1} tries`);
    await node.clock.advance(123);
  }
  await node.clock.advance(123);
  await node.log.line(`end msg ${id + 1}`);
  await until('nothing is left', 10_000, () => bodies().length === 0);
  await node.stop();
});

test('mail to be forwarded that the queue does not take leaves no copy', async (t) => {
  const forward = {
    uid: 7,
    sender: 'ann@far.example',
    prefix: 'Delivered-To: joe@mx.test.example\n',
    recipients: ['b@far.example'],
  };
  const report: LocalReport = { outcomes: [{ status: 'K', text: 'did 0+1+0\n' }], forward };
  const localSlots: LocalSlots = {
    threads: 0,
    restarts: 0,
    deliver: async () => report,
    resize: () => undefined,
    close: async () => undefined,
  };
  const { node, queueDir, bodies } = await start(t, { localSlots });
  await accepted(node, queueDir, 'joe@mx.test.example');
  let refused = 0;
  node.watched.refuse = (name) => name === 'accept' && refused++ < 3;
  await node.log.line('delivery 1: deferral: Unable_to_forward_message:_qq_write_error_or_disk_full');
  for (let at = 0; at < 10 && bodies().length > 0; at++) {
    assert.ok(bodies().length <= 2, `${bodies().length} files`);
    await node.clock.advance(400);
    await node.settle();
  }
  assert.equal(refused, 4);
  await until('nothing is left', 10_000, () => bodies().length === 0);
  await node.stop();
});

test('a sweep that fails is told and ends nothing', async (t) => {
  const { node } = await start(t, {});
  node.watched.refuse = (name) => name === 'sweep';
  await node.clock.advance(80_000);
  await node.log.line('warning: unfinished body files cannot be removed: no room');
  assert.deepEqual(node.fatal, []);
  const id = await node.accepted('ann@far.example', ['joe@mx.test.example']);
  await node.log.line(`end msg ${id}`);
  await node.stop();
});
