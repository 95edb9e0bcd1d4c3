/** Control calls: answered, late, or given up at once when the thread at the other end is gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { ControlLate, controlOf, offerControl } from '../../src/actors/kernel/control.js';

interface Api {
  twice(value: number): number;
  never(): Promise<void>;
}

function pair(): { readonly call: ReturnType<typeof controlOf<Api>>; readonly end: () => void } {
  const { port1, port2 } = new MessageChannel();
  offerControl({ twice: (value: number) => 2 * value, never: () => new Promise<void>(() => undefined) }, port2);
  return { call: controlOf<Api>(port1, 'the other'), end: () => port2.close() };
}

test('a call is answered, or late at its deadline', async () => {
  const { call, end } = pair();
  assert.equal(await call.within(10_000).twice(21), 42);
  await assert.rejects(call.within(20).never(), ControlLate);
  end();
});

test('a thread that stood has one more time to hear the answer', async () => {
  const { call, end } = pair();
  const [asked, never] = [call.within(50).twice(21), call.within(50).never()];
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200);
  assert.equal(await asked, 42);
  await assert.rejects(never, ControlLate);
  end();
});

test('a thread that ends leaves nobody waiting, neither who asked before nor who asks later', async () => {
  const { call, end } = pair();
  const asked = call.within(600_000).never();
  end();
  await assert.rejects(asked, /the other has ended/);
  await assert.rejects(call.within(600_000).twice(1), /the other has ended/);
});
