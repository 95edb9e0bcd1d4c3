/**
 * One timer for all deadlines of a thread: never early, and a deadline that moved on does not fire.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { Deadlines, type Watched } from '../../../src/actors/remote/deadlines.js';

function waiting(): Watched & { readonly over: Promise<number> } {
  let done: (at: number) => void = () => undefined;
  const over = new Promise<number>((resolve) => {
    done = resolve;
  });
  return { deadline: Number.POSITIVE_INFINITY, over, expired: () => done(performance.now()) };
}

test('a deadline is never early, and one that moved on does not fire', async () => {
  const deadlines = new Deadlines(20);
  const first = waiting();
  const moved = waiting();
  let fired = false;
  moved.expired = () => {
    fired = true;
  };
  deadlines.watch(first);
  deadlines.watch(moved);
  const start = performance.now();
  first.deadline = deadlines.after(0.05);
  moved.deadline = deadlines.after(0.05);
  moved.deadline = deadlines.after(1000);
  // The clock does not keep the process alive by itself.
  const alive = setTimeout(() => undefined, 10_000);
  const waited = (await first.over) - start;
  clearTimeout(alive);
  assert.ok(waited >= 49, `fired after ${waited} ms`);
  assert.equal(first.deadline, Number.POSITIVE_INFINITY);
  assert.equal(fired, false);
  deadlines.unwatch(first);
  deadlines.unwatch(moved);
});

test('time in which the thread stood still does not count, and what came meanwhile is heard first', async (t) => {
  const deadlines = new Deadlines(20);
  const answered = waiting();
  const silent = waiting();
  let fired = false;
  answered.expired = () => {
    fired = true;
  };
  deadlines.watch(answered);
  deadlines.watch(silent);
  answered.deadline = deadlines.after(0.15);
  silent.deadline = deadlines.after(1);
  const { port1, port2 } = new MessageChannel();
  t.after(() => port2.close());
  const heard = new Promise<void>((resolve) => {
    port2.on('message', () => {
      answered.deadline = Number.POSITIVE_INFINITY;
      resolve();
    });
  });
  const start = performance.now();
  // The answer is there, and nobody looks for two seconds.
  port1.postMessage('');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
  await heard;
  assert.equal(fired, false);
  const waited = (await silent.over) - start;
  assert.ok(waited >= 2_500, `a deadline of one second fired after ${waited} ms, two of which nobody ran`);
  for (const watched of [answered, silent]) deadlines.unwatch(watched);
});
