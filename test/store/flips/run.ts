/**
 * A queue of many kinds of messages, and a run of random damage over it. Counts; judged by whoever asked.
 */
import { join } from 'node:path';
import fc from 'fast-check';
import { openLmdbQueue } from '../../../src/store/lmdb/open.js';
import { addresses, bodyOf, message } from '../fixture.js';
import { type Damage, judge, Reader } from './flipped.js';

/** Fills `queue` below the folder; messages in every state, small and large, some gone again. */
export async function fillForFlips(folder: string): Promise<string> {
  const dir = join(folder, 'queue');
  const store = await openLmdbQueue({ dir, create: true, queuereserve: 0 });
  for (let n = 0; n < 60; n += 1) {
    const recipients = addresses(n % 20 === 19 ? 1_500 : 2);
    const id = await store.accept(message({ qp: n, recipients, body: { form: 'unix', bytes: bodyOf(200 + 400 * (n % 9), n) } }));
    if (n % 3 === 0) continue;
    await store.preprocess(
      id,
      recipients.map((address) => ({ channel: n % 2 === 0 ? 'remote' : 'local', address })),
      {
        [n % 2 === 0 ? 'remote' : 'local']: 1_000 + n,
      },
    );
    await store.mark({ id, indexes: [0], bounceText: `text of ${n}\n` });
    if (n % 7 === 0) await store.finish(id);
  }
  await store.close();
  return dir;
}

const damages: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('bit', 'octet', 'sector', 'page'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  value: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

export interface FlipRun {
  readonly seed: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

export async function flipRun(dir: string, count: number, seed: number): Promise<FlipRun> {
  const reader = new Reader();
  const outcomes: Record<string, number> = {};
  const faults: string[] = [];
  try {
    const sound = await reader.read(dir);
    if (sound === 'crashed') throw new Error('a sound queue ends its reader');
    for (const damage of fc.sample(damages, { numRuns: count, seed })) {
      const verdict = await judge(reader, dir, sound, damage);
      outcomes[verdict.outcome] = (outcomes[verdict.outcome] ?? 0) + 1;
      const which = JSON.stringify(damage);
      for (const fault of verdict.false) faults.push(`${which}: ${fault}`);
      if (verdict.outcome !== 'same' && !verdict.reported)
        faults.push(`${which}: ${verdict.outcome}, and the check finds nothing`);
    }
    return { seed, outcomes, faults };
  } finally {
    reader.close();
  }
}
