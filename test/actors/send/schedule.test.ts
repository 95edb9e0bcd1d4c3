/** When a channel looks at its schedule: at the earliest entry it knows of, whatever it was doing when it heard of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peers } from '../../../src/actors/kernel/actor.js';
import type { Due } from '../../../src/actors/messages.js';
import { Schedule } from '../../../src/actors/send/schedule.js';
import { FakeClock } from '../../support/fake-clock.js';

const start = 1_700_000_000;

interface House {
  readonly clock: FakeClock;
  readonly schedule: Schedule;
  /** When the queue was asked, in seconds since the start. */
  readonly asked: number[];
  /** Answers the question that is open. */
  answer(due: Due | 'unanswered'): Promise<void>;
}

const nothing: Due = { entries: [], next: undefined };

function house(): House {
  const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
  const clock = new FakeClock(start, turn);
  const asked: number[] = [];
  const open: ((answer: unknown) => void)[] = [];
  const ask = (what: string): Promise<unknown> => {
    assert.equal(what, 'due');
    asked.push(clock.seconds - start);
    return new Promise((settle) => open.push(settle));
  };
  const schedule = new Schedule({
    channel: 'remote',
    peers: { queue: { ask } } as unknown as Peers<'send'>,
    clock,
    hasRoom: () => true,
    wantsMore: () => true,
    isActive: () => false,
    activeCount: () => 0,
    open: () => assert.fail('no entry was answered'),
  });
  const answer = async (due: Due | 'unanswered'): Promise<void> => {
    open.shift()?.(due === 'unanswered' ? { tag: 'unanswered', why: 'deadline' } : due);
    await turn();
  };
  return { clock, schedule, asked, answer };
}

test('an entry written while the queue is being asked is not forgotten', async () => {
  const { clock, schedule, asked, answer } = house();
  schedule.reread();
  schedule.added(start + 100);
  await answer({ ...nothing, next: start + 400 });
  await clock.advance(99);
  assert.deepEqual(asked, [0]);
  await clock.advance(1);
  assert.deepEqual(asked, [0, 100]);
  schedule.added(start + 700);
  await answer({ ...nothing, next: start + 400 });
  await clock.advance(300);
  assert.deepEqual(asked, [0, 100, 400], 'a later one changes nothing');
  schedule.stop();
});

test('a queue that does not answer is asked again after a second', async () => {
  const { clock, schedule, asked, answer } = house();
  schedule.reread();
  await answer('unanswered');
  await clock.advance(1);
  assert.deepEqual(asked, [0, 1]);
  await answer(nothing);
  await clock.advance(1_499);
  assert.deepEqual(asked, [0, 1]);
  await clock.advance(1);
  assert.deepEqual(asked, [0, 1, 1_501], 'an empty schedule is looked at every 25 minutes');
  await answer({ ...nothing, next: start + 1_501 });
  await clock.advance(1);
  assert.deepEqual(asked.slice(3), [1_502], 'an entry that is due now is no reason to ask at once');
  schedule.stop();
  await answer(nothing);
  await clock.advance(10_000);
  assert.equal(asked.length, 4, 'stopped');
});
