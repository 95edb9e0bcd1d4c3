/**
 * How far the channels have looked survives a restart: a long backlog of one channel is not looked through again
 * for the other, and no message is ever missed for it, whatever was under way and whatever the settings became.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

const held = { concurrencyremote: 0 };

/** A queue with `count` messages for a remote channel that is held, left by a server that died. */
async function backlog(count: number): Promise<MemoryQueue> {
  const store = new MemoryQueue();
  const node = await OneThreadNode.started({ store, settings: held });
  for (let n = 0; n < count; n += 1) await node.accepted('s@b', [`m${n}@far.example`]);
  await node.clock.advance(2);
  node.crash();
  return store;
}

test('after a crash the local channel does not look through the backlog of the remote one', async () => {
  const store = await backlog(500);
  const node = await OneThreadNode.started({ store, settings: held });
  await node.settle();
  assert.equal(node.watched.calls.get('recipients') ?? 0, 0, 'messages of the backlog were read');
  const id = await node.accepted('s@b', ['a@mx.test.example']);
  await node.log.line(`end msg ${id}`);
  assert.deepEqual(node.slots.delivered, ['a@mx.test.example']);
  assert.equal(store.count(), 500);
  await node.stop();
});

test('a stop keeps how far they looked', async () => {
  const node = await OneThreadNode.started({ settings: held });
  await node.accepted('s@b', ['m@far.example']);
  assert.equal(node.watched.calls.get('keepLooked') ?? 0, 0);
  await node.stop();
  assert.equal(node.watched.calls.get('keepLooked'), 1);
});

test('a host that became local while the server was down is found in the backlog', async () => {
  const store = await backlog(300);
  const node = await OneThreadNode.started({ store, settings: { ...held, locals: ['far.example'] } });
  await node.settle();
  assert.equal(node.slots.delivered.length, 300);
  assert.equal(store.count(), 0);
  await node.stop();
});

test('a host that became local by a reload is found in the backlog', async () => {
  const store = await backlog(300);
  const node = await OneThreadNode.started({ store, settings: held });
  await node.reload({ locals: ['far.example'] });
  assert.equal(node.slots.delivered.length, 300);
  await node.stop();
});

test('ALRM looks at everything again', async () => {
  const store = await backlog(10);
  const node = await OneThreadNode.started({ store, settings: held });
  const before = node.watched.calls.get('recipients') ?? 0;
  await node.host.allDue();
  await node.settle();
  assert.ok((node.watched.calls.get('recipients') ?? 0) >= before + 10);
  await node.stop();
});

type Step = { readonly to: readonly ('a@mx.test.example' | 'r@far.example')[] } | { readonly run: number } | 'release' | 'crash';

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ to: fc.array(fc.constantFrom('a@mx.test.example', 'r@far.example'), { minLength: 1, maxLength: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ run: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.constant('release' as const) },
  { weight: 2, arbitrary: fc.constant('crash' as const) },
);

test('whatever is under way when it crashes, nothing is missed', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, holds) => {
    const store = new MemoryQueue();
    const settings = { concurrencylocal: 2, concurrencyremote: holds ? 0 : 2 };
    let outcomes = 0;
    const script = () => 'KZD'[outcomes++ % 3] as 'K' | 'Z' | 'D';
    let seconds = birth;
    const start = async (): Promise<OneThreadNode> => {
      const started = await OneThreadNode.started({ store, settings, script, seconds });
      for (const channel of ['local', 'remote'] as const) started.slots.held.add(channel);
      return started;
    };
    let node = await start();
    for (const one of steps) {
      if (one === 'crash') {
        seconds = node.clock.seconds;
        node.crash();
        node = await start();
      } else if (one === 'release') {
        for (const channel of ['local', 'remote'] as const) node.slots.release(channel, 1);
        await node.settle();
      } else if ('run' in one) await node.clock.advance(one.run);
      else await node.accepted('', one.to);
    }
    seconds = node.clock.seconds;
    node.crash();
    const last = await OneThreadNode.started({
      store,
      settings: { ...settings, concurrencyremote: 2 },
      script: () => 'K',
      seconds,
    });
    await last.clock.advance(2_000);
    assert.equal(store.count(), 0, 'messages stayed in the queue');
    await last.stop();
  });
  await fc.assert(property, { numRuns: 60 });
});
