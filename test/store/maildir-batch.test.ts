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

test('who comes while a batch is under way goes with the next one', async () => {
  const steps: string[] = [];
  await new Promise<void>((resolve) => {
    const late = (): void => takeAlong('/late', recorded('late', steps, resolve), flushNew);
    let flushes = 0;
    const flushNew = async (): Promise<void> => {
      steps.push('flush new');
      if (++flushes === 1) late();
    };
    takeAlong(
      '/late',
      recorded('first', steps, () => undefined),
      flushNew,
    );
  });
  assert.deepEqual(
    steps.slice(-6),
    ['flush new', 'done first', 'write late', 'flush late', 'name late', 'flush new', 'done late'].slice(-6),
  );
  assert.ok(steps.indexOf('done first') < steps.indexOf('write late'));
});
