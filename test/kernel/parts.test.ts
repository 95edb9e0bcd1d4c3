/** The small parts of the kernel, each by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { Board } from '../../src/actors/kernel/board.js';
import { ControlLate, controlOf, offerControl } from '../../src/actors/kernel/control.js';
import { ActivityLog } from '../../src/actors/kernel/log.js';
import { PendingAsks } from '../../src/actors/kernel/pending.js';
import { qpCounter } from '../../src/actors/kernel/qp.js';
import { decideRestart } from '../../src/actors/kernel/restart.js';
import { RunQueue } from '../../src/actors/kernel/run-queue.js';
import type { LogBatch } from '../../src/actors/messages.js';
import { placement, reached } from '../../src/actors/topology.js';
import { testSettings } from '../support/one-thread-node.js';

test('run queue: in order, and input and output have their turn between long runs', async () => {
  const handled: number[] = [];
  let turns = 0;
  const ticker = (): void => {
    turns += 1;
    if (handled.length < 5_000) setImmediate(ticker);
  };
  const done = new Promise<void>((resolve) => {
    const queue = new RunQueue<number>((item) => {
      handled.push(item);
      // What a handler adds comes behind what waits.
      if (item < 2_500) queue.push(item + 2_500);
      if (handled.length === 5_000) resolve();
    });
    for (let n = 0; n < 2_500; n += 1) queue.push(n);
    assert.equal(queue.size, 2_500);
  });
  setImmediate(ticker);
  await done;
  assert.deepEqual(
    handled,
    Array.from({ length: 5_000 }, (_, n) => n),
  );
  assert.ok(turns >= 4, `${turns} turns for others in 5,000 messages`);
});

test('run queue: goes on after it was empty', async () => {
  const handled: string[] = [];
  const queue = new RunQueue<string>((item) => handled.push(item));
  queue.push('a');
  await new Promise(setImmediate);
  assert.equal(queue.size, 0);
  queue.push('b');
  await new Promise(setImmediate);
  assert.deepEqual(handled, ['a', 'b']);
});

test('pending asks: a number each, bounded, settled once', () => {
  const pending = new PendingAsks(2);
  const answers: unknown[] = [];
  const first = pending.add(100, (value) => answers.push(value));
  const second = pending.add(200, (value) => answers.push(value));
  assert.ok(first > 0 && second > first);
  assert.equal(
    pending.add(300, () => assert.fail()),
    0,
  );
  pending.expire(99);
  assert.equal(pending.size, 2);
  pending.expire(100);
  assert.deepEqual(answers, [{ tag: 'unanswered', why: 'deadline' }]);
  assert.equal(pending.settle(first, 'late'), false);
  assert.equal(pending.settle(second, 'in time'), true);
  pending.settleAll('gone');
  assert.deepEqual(answers.slice(1), ['in time']);
});

test('restart: 100 ms doubling, five failures within a minute end it', () => {
  assert.deepEqual(decideRestart([0]), { restart: true, afterMs: 100 });
  assert.deepEqual(decideRestart([0, 10]), { restart: true, afterMs: 200 });
  assert.deepEqual(decideRestart([0, 10, 20, 30]), { restart: true, afterMs: 800 });
  assert.deepEqual(decideRestart([0, 10, 20, 30, 59_999]), { restart: false });
  assert.deepEqual(decideRestart([0, 10, 20, 30, 60_000]), { restart: true, afterMs: 800 });
  const policy = { firstMs: 100, mostMs: 250, failures: 9, withinMs: 60_000 };
  assert.deepEqual(decideRestart([1, 2, 3, 4], policy), { restart: true, afterMs: 250 });
});

test('board: what one thread sets every other reads', () => {
  const board = new Board();
  const elsewhere = new Board(board.shared);
  assert.deepEqual([board.get('full'), board.get('draining'), board.get('paused')], [false, false, false]);
  board.set('draining', true);
  elsewhere.set('paused', true);
  assert.equal(elsewhere.get('draining'), true);
  assert.deepEqual([board.get('full'), board.get('paused')], [false, true]);
  board.set('draining', false);
  assert.equal(elsewhere.get('draining'), false);
});

test('qp: threads draw from the same numbers and never the same one', () => {
  const counters = [0, 1, 2].map((drawer) => qpCounter(1_000, drawer, 3));
  const drawn = Array.from({ length: 10 }, () => counters.map((next) => next())).flat();
  assert.equal(new Set(drawn).size, 30);
  assert.deepEqual(
    drawn.toSorted((a, b) => a - b),
    Array.from({ length: 30 }, (_, n) => 1_000 + n),
  );
});

test('activity log: lines go in lots; dropped ones are counted and told with the next that go through', () => {
  const batches: LogBatch[] = [];
  let room = true;
  const tell = (_message: 'lines', batch: LogBatch): boolean => {
    if (room) batches.push(batch);
    return room;
  };
  const log = new ActivityLog({ tell }, testSettings());
  log.write({ event: 'new msg', msg: 1 });
  log.warning('odd\nthings');
  log.flush();
  log.flush();
  assert.deepEqual(batches, [{ text: 'new msg 1\nwarning: odd/things\n', count: 2 }]);
  room = false;
  for (let n = 0; n < 3; n += 1) {
    log.write({ event: 'end msg', msg: n });
    log.flush();
  }
  assert.equal(log.dropped, 3);
  room = true;
  log.write({ event: 'end msg', msg: 9 });
  log.flush();
  log.write({ event: 'end msg', msg: 10 });
  log.flush();
  const text = batches.slice(1).map((batch) => batch.text);
  assert.deepEqual(text, ['end msg 9\nwarning: 3 log lines dropped: the reader of the log is too slow\n', 'end msg 10\n']);
  assert.equal(log.dropped, 3);
});

test('activity log: a long text does not wait for its time', () => {
  const batches: LogBatch[] = [];
  const log = new ActivityLog({ tell: (_message, batch) => batches.push(batch) > 0 }, testSettings({ logformat: 'qmail' }));
  for (let n = 0; n < 100; n += 1) log.warning('x'.repeat(1_000));
  assert.equal(batches.length, 1);
  assert.ok((batches[0]?.text?.length ?? 0) <= 70_000);
  log.flush();
});

test('activity log: json gives events, bounded like text', () => {
  const batches: LogBatch[] = [];
  const log = new ActivityLog({ tell: (_message, batch) => batches.push(batch) > 0 }, testSettings({ logformat: 'json' }));
  for (let n = 0; n < 20_000; n += 1) log.write({ event: 'end msg', msg: n });
  assert.ok(batches.length > 0, '20,000 events wait in memory');
  log.flush();
  assert.equal(
    batches.reduce((sum, { count }) => sum + count, 0),
    20_000,
  );
  assert.deepEqual(batches[0]?.events?.[0], { event: 'end msg', msg: 0 });
});

test('control plane: calls are answered, and a call that nobody answers ends at its deadline', async (t) => {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  offerControl({ add: (a: number, b: number) => a + b, never: () => new Promise<number>(() => undefined) }, port2);
  const control = controlOf<{ add(a: number, b: number): number; never(): number }>(port1, 'core');
  assert.equal(await control.within(5_000).add(2, 3), 5);
  await assert.rejects(
    control.within(5).never(),
    (error) => error instanceof ControlLate && error.message === 'core: no answer to never in 5 ms',
  );
});

test('a link between two groups reaches every actor that the edges of messages.ts lead to', () => {
  const placed = placement(testSettings(), 4);
  assert.deepEqual(reached(placed, 'front', 'core'), ['queue', 'send']);
  assert.deepEqual(reached(placed, 'core', 'main'), ['splogger']);
  assert.deepEqual(reached(placed, 'core', 'front'), []);
});
