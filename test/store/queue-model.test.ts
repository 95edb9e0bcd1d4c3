/**
 * Random changes, several under way at once, with restarts in between: the durable queue must
 * always look and answer exactly like the one in memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Channel } from '../../src/protocol/mail.js';
import type { QueueStore } from '../../src/store/queue-store.js';
import { addresses, makeLmdb, makeMemory, message } from './fixture.js';

type Step = (store: QueueStore) => Promise<unknown>;
interface Named {
  readonly name: string;
  readonly run: Step;
}

const id = fc.integer({ min: 2, max: 12 });
const channel = fc.constantFrom<Channel>('local', 'remote');
const time = fc.integer({ min: 0, max: 20 });
const recipientCount = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(1000, 1001, 2500) },
);
const named = <T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (store: QueueStore, value: T) => Promise<unknown>,
): fc.Arbitrary<Named> =>
  values.map((value) => ({ name: `${name} ${JSON.stringify(value)}`, run: (store) => run(store, value) }));

/** Nobody can name a message before its `accept` settled: an id that is not queued yet stands for an unknown one. */
const known = (store: QueueStore, at: number): number => (store.head(at) === undefined ? at + 1000 : at);

const newMail = fc.record({ recipients: recipientCount, size: fc.integer({ min: 0, max: 9000 }) });
const made = ({ recipients, size }: { recipients: number; size: number }) =>
  message({ recipients: addresses(recipients), qp: size }, size);

const steps = fc.oneof(
  { weight: 5, arbitrary: named('accept', newMail, (store, mail) => store.accept(made(mail))) },
  {
    weight: 4,
    arbitrary: named(
      'preprocess',
      fc.tuple(id, channel, fc.option(time), fc.option(time)),
      async (store, [at, to, local, remote]) => {
        const count = store.head(at)?.recipientCount ?? 0;
        const routed = addresses(count).map((address, n) => ({ channel: to, address: n % 3 === 0 ? `to-${address}` : address }));
        await store.preprocess(known(store, at), routed, {
          ...(local === null ? {} : { local }),
          ...(remote === null ? {} : { remote }),
        });
      },
    ),
  },
  {
    weight: 3,
    arbitrary: named('reschedule', fc.tuple(id, channel, fc.option(time)), (store, [at, to, due]) =>
      store.reschedule({ id: known(store, at), channel: to, due: due ?? undefined }),
    ),
  },
  {
    weight: 4,
    arbitrary: named(
      'mark',
      fc.tuple(id, fc.array(fc.integer({ min: 0, max: 1005 }), { maxLength: 3 }), fc.option(fc.string({ unit: 'binary-ascii' }))),
      (store, [at, indexes, text]) =>
        store.mark({ id: known(store, at), indexes, ...(text === null ? {} : { bounceText: text }) }),
    ),
  },
  {
    weight: 3,
    arbitrary: named('finish', fc.tuple(id, fc.option(newMail)), (store, [at, mail]) =>
      store.finish(known(store, at), mail === null ? undefined : made(mail)),
    ),
  },
);
/** Whether allDue sees changes under way is open, so it runs alone. */
const allDue = named('allDue', time, (store, now) => store.allDue(now)).map((step) => [step]);
const rounds = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.array(steps, { minLength: 1, maxLength: 6 }) }, { weight: 1, arbitrary: allDue }),
  {
    maxLength: 12,
  },
);

/** Everything that the reading methods tell. */
function picture(store: QueueStore): unknown {
  const ids = Array.from({ length: 40 }, (_, n) => n);
  return {
    count: store.count(),
    todo: store.todo(0, 100),
    due: [store.due('local', 1000, 1000), store.due('remote', 1000, 1000)],
    some: store.due('remote', 10, 3),
    next: [store.nextDue('local'), store.nextDue('remote')],
    messages: ids.map((at) => {
      const body = store.read(at);
      const octets = body !== undefined && 'bytes' in body ? Buffer.from(body.bytes).toString('base64') : undefined;
      return [store.head(at), store.recipients(at, 0, 3), store.recipients(at, 998, 2000), store.bounceText(at), octets];
    }),
  };
}

/** What became of a step; errors by their kind only. */
const outcome = (result: PromiseSettledResult<unknown>): unknown =>
  result.status === 'fulfilled' ? result.value : (result.reason as Error).name;

test('random changes: the durable queue and the one in memory agree', async (t) => {
  await fc.assert(
    fc.asyncProperty(rounds, async (run) => {
      const durable = await makeLmdb(t);
      const memory = await makeMemory(t);
      let store = durable.store;
      for (const [n, round] of run.entries()) {
        const [ours, theirs] = await Promise.all(
          [store, memory.store].map((queue) => Promise.allSettled(round.map((step) => step.run(queue)))),
        );
        const names = round.map(({ name }) => name).join('; ');
        assert.deepEqual(ours?.map(outcome), theirs?.map(outcome), names);
        if (n % 4 === 3) store = await durable.reopen();
        assert.deepEqual(picture(store), picture(memory.store), names);
      }
      await store.close();
    }),
    { numRuns: 25 },
  );
});
