/**
 * One timer for all deadlines of a thread: never early, and a deadline that moved on does not fire.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
