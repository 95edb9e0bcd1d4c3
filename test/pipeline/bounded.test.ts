/** What send remembers of messages is numbers only, and bounded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActivityLog } from '../../src/actors/kernel/log.js';
import { Announcer } from '../../src/actors/send/announcer.js';
import { Doubtful } from '../../src/actors/send/doubtful.js';
import { Intake } from '../../src/actors/send/intake.js';
import type { LogEvent } from '../../src/protocol/log-line.js';
import type { MessageHead } from '../../src/store/queue-store.js';
import { OneThreadNode } from '../support/one-thread-node.js';

function announced(firstId: number, ids: readonly number[]): number[] {
  const heard: number[] = [];
  const write = (event: LogEvent): void => {
    if (event.event === 'new msg') heard.push(event.msg);
  };
  const announcer = new Announcer({ write } as ActivityLog, firstId);
  const rest = {
    origin: 'smtp',
    uid: 0,
    qp: 0,
    birth: 0,
    sender: '',
    recipientCount: 1,
    unixSize: 1,
    preprocessed: false,
  } as const;
  for (const id of ids) announcer.announce({ id, ...rest } satisfies MessageHead);
  return heard;
}

test('a message is announced once, in whatever order hints and the queue make it known', () => {
  assert.deepEqual(announced(10, [10, 11, 10, 14, 12, 14, 12, 13, 13]), [10, 11, 14, 12, 13]);
});

test('messages of an earlier run are announced as the queue shows them, by the first channel that comes', () => {
  assert.deepEqual(announced(10, [3, 4, 3, 8, 4, 10, 8, 9, 10]), [3, 4, 8, 10, 9]);
});

test('a great gap between numbers is no great memory, and the newest of it are remembered', () => {
  assert.deepEqual(announced(1, [1, 5_000_000, 4_999_999, 2, 5_000_001]), [1, 5_000_000, 4_999_999, 5_000_001]);
});

test('doubtful: what was not reported, and everything of an earlier run', () => {
  const doubtful = new Doubtful(10);
  assert.deepEqual([doubtful.has(9), doubtful.has(10)], [true, false]);
  doubtful.add(10);
  assert.equal(doubtful.has(10), true);
  doubtful.forget(10);
  assert.equal(doubtful.has(10), false);
  for (let id = 10; id <= 10_010; id += 1) doubtful.add(id);
  assert.equal(doubtful.has(77_777), true);
});

test('intake: hints in a row are taken, a gap or a full channel makes it look into the queue', () => {
  const intake = new Intake();
  assert.equal(intake.hears(2), false);
  intake.caughtUp(2);
  assert.equal(intake.behind, false);
  assert.equal(intake.hears(3), true);
  intake.passed(3);
  assert.equal(intake.hears(5), false);
  assert.equal(intake.behind, true);
  assert.equal(intake.hears(6), false);
  intake.passed(5);
  intake.caughtUp(5);
  assert.equal(intake.behind, true, 'message 6 was heard of and not seen');
  intake.passed(6);
  intake.caughtUp(6);
  assert.equal(intake.hears(7), true);
  intake.fallBehind();
  assert.equal(intake.hears(8), false);
});

test('the body of a new message is delivered from memory, that of a deferred one from the store', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  await node.accepted('s@b', ['joe@far.example']);
  await node.settle();
  assert.equal(node.watched.calls.get('read'), undefined);
  node.slots.script = () => 'K';
  await node.clock.advance(400);
  assert.equal(node.watched.calls.get('read'), 1);
  const texts = node.slots.attempts.map(({ delivery }) => Buffer.from(delivery.bytes ?? []).toString('latin1'));
  assert.deepEqual(texts, ['Subject: hello\r\n\r\nbody\r\n', 'Subject: hello\r\n\r\nbody\r\n']);
  await node.stop();
});

test('remote deliveries whose outcome is not on disk are at most one and a half times concurrencyremote', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 20 } });
  node.watched.refuse = (name) => name === 'finish';
  for (let n = 0; n < 100; n += 1) await node.accepted('s@b', [`r${n}@far.example`]);
  await node.settle();
  assert.equal(node.slots.attempts.length, 30, 'a crash now would repeat so many');
  node.watched.refuse = () => false;
  await node.clock.advance(123);
  assert.equal(node.store.count(), 0);
  assert.equal(node.slots.delivered.length, 100);
  await node.stop();
});

test('a message for very many does not take all slots that are free at once', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencyremote: 1 } });
  node.slots.held.add('remote');
  const many = Array.from({ length: 900 }, (_, n) => `r${n}@far.example`);
  await node.accepted('s@b', many);
  await node.accepted('s@b', ['one@far.example']);
  await node.settle();
  assert.equal(node.slots.waiting('remote').length, 1);
  await node.reload({ concurrencyremote: 240 });
  const waiting = node.slots.waiting('remote');
  // A host that has not taken any mail yet has not quite all of them.
  assert.ok(waiting.length > 200, `${waiting.length} deliveries`);
  assert.ok(waiting.includes('one@far.example'));
  node.slots.release('remote');
  await node.settle();
  assert.deepEqual(new Set(node.slots.delivered), new Set([...many, 'one@far.example']));
  await node.stop();
});
