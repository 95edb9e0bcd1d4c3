/** Actors of one thread and of two: handlers, asks with their deadlines and bounds, and what a bug does. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import type { Handlers, Peers } from '../../src/actors/kernel/actor.js';
import { Thread } from '../../src/actors/kernel/thread.js';
import type { ActorName } from '../../src/actors/messages.js';
import { edgeRules } from '../../src/actors/topology.js';
import type { MessageHead } from '../../src/store/queue-store.js';
import { FakeClock } from '../support/fake-clock.js';

const head: MessageHead = {
  id: 5,
  origin: 'smtp',
  uid: 1,
  qp: 2,
  birth: 3,
  sender: 's',
  recipientCount: 1,
  unixSize: 9,
  preprocessed: false,
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Made {
  readonly thread: Thread;
  readonly clock: FakeClock;
  readonly bugs: string[];
}

function makeThread(t: TestContext): Made {
  const bugs: string[] = [];
  const clock = new FakeClock(1_000, turn);
  const thread = new Thread(clock, (actor, error) => bugs.push(`${actor}: ${String(error)}`));
  t.after(() => thread.stop());
  return { thread, clock, bugs };
}

type QueueHandlers = Partial<Handlers<'queue'>>;
const addQueue = (thread: Thread, handlers: QueueHandlers): void =>
  thread.add('queue', { handlers: handlers as Handlers<'queue'> });

/** The queue on one thread, its asker on another. */
function linked(t: TestContext, handlers: QueueHandlers): { asker: Made; owner: Made; queue: Peers<'send'>['queue'] } {
  const [asker, owner] = [makeThread(t), makeThread(t)];
  const { port1, port2 } = new MessageChannel();
  asker.thread.connect(port1, ['queue']);
  owner.thread.connect(port2, []);
  addQueue(owner.thread, handlers);
  return { asker, owner, queue: asker.thread.peersOf('send').queue };
}

for (const where of ['one thread', 'two threads'] as const) {
  const made = (t: TestContext, handlers: QueueHandlers): { asker: Made; owner: Made; queue: Peers<'send'>['queue'] } => {
    if (where === 'two threads') return linked(t, handlers);
    const one = makeThread(t);
    addQueue(one.thread, handlers);
    return { asker: one, owner: one, queue: one.thread.peersOf('send').queue };
  };

  test(`${where}: an ask is answered once, at once or later`, async (t) => {
    const { queue } = made(t, { head: (id) => ({ ...head, id }), mark: async ({ indexes }) => indexes.length === 2 });
    assert.deepEqual(await queue.ask('head', 77), { ...head, id: 77 });
    assert.equal(await queue.ask('mark', { id: 1, indexes: [0, 1] }), true);
    assert.equal(await queue.ask('mark', { id: 1, indexes: [0] }), false);
  });

  test(`${where}: an answer that is late is not the answer to anything`, async (t) => {
    const waiting: ((kept: boolean) => void)[] = [];
    const { asker, owner, queue } = made(t, { mark: () => new Promise((resolve) => waiting.push(resolve)) });
    const answer = queue.ask('mark', { id: 1, indexes: [0] });
    while (waiting.length === 0) await turn();
    const { deadlineMs } = edgeRules['send>queue'];
    await asker.clock.advance(deadlineMs / 1000 - 1);
    let settled = false;
    void answer.then(() => {
      settled = true;
    });
    await turn();
    assert.equal(settled, false);
    await asker.clock.advance(1);
    assert.deepEqual(await answer, { tag: 'unanswered', why: 'deadline' });
    const next = queue.ask('mark', { id: 2, indexes: [0] });
    while (waiting.length < 2) await turn();
    waiting[0]?.(true);
    waiting[1]?.(false);
    assert.equal(await next, false);
    assert.deepEqual(asker.bugs.concat(owner.bugs), []);
  });

  test(`${where}: time in which the process stood is none of an ask's`, async (t) => {
    const waiting: ((kept: boolean) => void)[] = [];
    const { asker, queue } = made(t, { mark: () => new Promise((resolve) => waiting.push(resolve)) });
    const [early, never] = [queue.ask('mark', { id: 1, indexes: [0] }), queue.ask('mark', { id: 2, indexes: [0] })];
    while (waiting.length < 2) await turn();
    const { deadlineMs } = edgeRules['send>queue'];
    await asker.clock.advance(deadlineMs / 1000 - 2);
    await asker.clock.stand(86_400);
    await asker.clock.advance(1);
    waiting[0]?.(true);
    assert.equal(await early, true);
    await asker.clock.advance(1);
    assert.deepEqual(await never, { tag: 'unanswered', why: 'deadline' });
  });

  test(`${where}: a handler that throws or rejects is a bug of its actor, and nobody is answered wrongly`, async (t) => {
    const { asker, owner, queue } = made(t, {
      head: () => {
        throw new Error('head went wrong');
      },
      mark: () => Promise.reject(new Error('mark went wrong')),
    });
    const answers = Promise.all([queue.ask('head', 1), queue.ask('mark', { id: 1, indexes: [] })]);
    while (owner.bugs.length < 2) await turn();
    assert.deepEqual(owner.bugs.toSorted(), ['queue: Error: head went wrong', 'queue: Error: mark went wrong']);
    await asker.clock.advance(edgeRules['send>queue'].deadlineMs / 1000);
    for (const answer of await answers) assert.deepEqual(answer, { tag: 'unanswered', why: 'deadline' });
  });
}

test('asks beyond the capacity of their edge are answered full at once', async (t) => {
  const { thread } = makeThread(t);
  thread.add('queue', { handlers: { sweep: () => new Promise(() => undefined) } as unknown as Handlers<'queue'> });
  const { queue } = thread.peersOf('clean');
  const { capacity } = edgeRules['clean>queue'];
  const taken = Array.from({ length: capacity }, () => queue.ask('sweep', 1));
  assert.deepEqual(await queue.ask('sweep', 1), { tag: 'unanswered', why: 'full' });
  assert.equal(thread.counters()['edge.clean>queue.waiting'], capacity);
  thread.stop();
  assert.deepEqual(await taken[0], { tag: 'unanswered', why: 'stopping' });
  assert.deepEqual(await taken.at(-1), { tag: 'unanswered', why: 'stopping' });
});

test('tells beyond the capacity of their edge are refused and counted; handled ones make room', async (t) => {
  const { thread } = makeThread(t);
  let heard = 0;
  const count = (): void => {
    heard += 1;
  };
  thread.add('send', { handlers: { queued: count, flush: () => undefined } });
  const { send } = thread.peersOf('queue');
  const { capacity } = edgeRules['queue>send'];
  for (let n = 0; n < capacity; n += 1) assert.ok(send.tell('queued', { head }));
  assert.equal(send.tell('queued', { head }), false);
  assert.equal(thread.counters()['edge.queue>send.dropped'], 1);
  while (heard < capacity) await turn();
  assert.equal(send.tell('queued', { head }), true);
});

test('an actor that is nowhere cannot be asked or told', async (t) => {
  const { thread } = makeThread(t);
  assert.deepEqual(await thread.peersOf('send').queue.ask('head', 1), { tag: 'unanswered', why: 'gone' });
  assert.equal(thread.peersOf('queue').send.tell('queued', { head }), false);
});

test('an actor that its thread does not have is gone, also over a link', async (t) => {
  const [asker, other] = [makeThread(t), makeThread(t)];
  const { port1, port2 } = new MessageChannel();
  asker.thread.connect(port1, ['queue']);
  other.thread.connect(port2, []);
  assert.deepEqual(await asker.thread.peersOf('send').queue.ask('head', 1), { tag: 'unanswered', why: 'gone' });
});

test('when the other thread ends, all that was asked of it is answered gone; a new link takes its place', async (t) => {
  let asked = 0;
  const { asker, owner, queue } = linked(t, {
    mark: () => {
      asked += 1;
      return new Promise(() => undefined);
    },
  });
  const answers = [queue.ask('mark', { id: 1, indexes: [] }), queue.ask('mark', { id: 2, indexes: [] })];
  while (asked < 2) await turn();
  owner.thread.stop();
  for (const answer of await Promise.all(answers)) assert.deepEqual(answer, { tag: 'unanswered', why: 'gone' });
  assert.deepEqual(await queue.ask('head', 1), { tag: 'unanswered', why: 'gone' });
  const again = makeThread(t);
  const { port1, port2 } = new MessageChannel();
  asker.thread.connect(port1, ['queue']);
  again.thread.connect(port2, []);
  addQueue(again.thread, { head: () => head });
  assert.deepEqual(await queue.ask('head', 5), head);
});

test('every actor has ports to its edges only', (t) => {
  const { thread } = makeThread(t);
  const names = (from: ActorName): string[] => Object.keys(thread.peersOf(from)).toSorted();
  assert.deepEqual(names('clean'), ['queue']);
  assert.deepEqual(names('send'), ['lspawn', 'queue', 'rspawn', 'splogger']);
  assert.deepEqual(names('remote'), []);
});
