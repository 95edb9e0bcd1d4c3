/** Deliveries into one Maildir that go together: the order of their steps, and that a failed step concerns one alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BatchedDelivery, takeAlong } from '../../src/store/maildir-batch.js';

type Step = 'write' | 'flush' | 'name' | 'done' | 'undone';

/** Records its steps; fails the one named in `failing`. */
function recorded(name: string, steps: string[], over: () => void, failing?: Step): BatchedDelivery {
  const note = (step: Step): boolean => {
    steps.push(`${step} ${name}`);
    if (step === failing) over();
    return step !== failing;
  };
  return {
    write: () => note('write'),
    flush: async () => note('flush'),
    name: () => note('name'),
    over(flushed) {
      note(flushed ? 'done' : 'undone');
      over();
    },
  };
}

interface Plan {
  readonly failing?: Step;
  readonly flushFails?: boolean;
}

/** The steps of deliveries that were added in one moment, to a Maildir of its own. */
function together(folder: string, plans: Readonly<Record<string, Plan>>): Promise<string[]> {
  const steps: string[] = [];
  const names = Object.keys(plans);
  const flushFails = Object.values(plans).some((plan) => plan.flushFails === true);
  return new Promise((resolve) => {
    let left = names.length;
    const over = (): void => {
      left -= 1;
      if (left === 0) setImmediate(() => resolve(steps));
    };
    const flushNew = async (): Promise<void> => {
      steps.push('flush new');
      if (flushFails) throw new Error('EIO');
    };
    for (const name of names) takeAlong(folder, recorded(name, steps, over, plans[name]?.failing), flushNew);
  });
}

test('nothing is flushed before all is written, nothing named before all is flushed, new/ is flushed once', async () => {
  const steps = await together('/one', { a: {}, b: {}, c: {} });
  const phases = ['write', 'flush', 'name'].flatMap((step) => ['a', 'b', 'c'].map((name) => `${step} ${name}`));
  assert.deepEqual(steps, [...phases, 'flush new', 'done a', 'done b', 'done c']);
});

test('a delivery that fails drops out, the others go on', async () => {
  for (const failing of ['write', 'flush', 'name'] as const) {
    const steps = await together(`/${failing}`, { a: {}, bad: { failing }, c: {} });
    assert.deepEqual(steps.slice(-3), ['flush new', 'done a', 'done c']);
    assert.equal(steps.filter((step) => step.endsWith(' bad')).at(-1), `${failing} bad`);
  }
  assert.deepEqual(await together('/alone', { bad: { failing: 'flush' } }), ['write bad', 'flush bad']);
});

test('nobody is told of success when new/ could not be flushed', async () => {
  const steps = await together('/unflushed', { a: { flushFails: true }, b: {} });
  assert.deepEqual(steps.slice(-3), ['flush new', 'undone a', 'undone b']);
});

test('who comes while a batch is under way goes with the next one, which begins when the first has its names', async () => {
  const steps: string[] = [];
  await new Promise<void>((resolve) => {
    let firstFlushed = (): void => undefined;
    const flushNew = (): Promise<void> => {
      steps.push('flush new');
      // The first flush ends when the next batch flushes new/ too.
      if (steps.includes('name late')) firstFlushed();
      return steps.includes('name late') ? Promise.resolve() : new Promise((flushed) => (firstFlushed = flushed));
    };
    let left = 2;
    const over = (): void => {
      left -= 1;
      if (left === 0) resolve();
    };
    const late = recorded('late', steps, over);
    const first = recorded('first', steps, over);
    const flush = async (): Promise<boolean> => {
      takeAlong('/late', late, flushNew);
      return first.flush();
    };
    takeAlong('/late', { ...first, flush }, flushNew);
  });
  const expected = [
    'write first',
    'flush first',
    'name first',
    'flush new',
    'write late',
    'flush late',
    'name late',
    'flush new',
  ];
  assert.deepEqual(steps.slice(0, 8), expected);
  assert.deepEqual(steps.slice(8).sort(), ['done first', 'done late']);
});
