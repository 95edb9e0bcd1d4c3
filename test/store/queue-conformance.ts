/**
 * What every QueueStore must do, method by method: the cases, to be declared as tests by each store's own file,
 * because node:test counts a test for the file that declares it.
 */
import type { TestContext } from 'node:test';
import type { MakeSubject } from './fixture.js';
import { mailCases } from './mail-cases.js';
import { scheduleCases } from './schedule-cases.js';

interface ConformanceTest {
  readonly title: string;
  run(t: TestContext): Promise<void>;
}

/** One test for every case. */
export function queueConformance(name: string, make: MakeSubject): readonly ConformanceTest[] {
  return Object.entries({ ...mailCases, ...scheduleCases }).map(([title, run]) => ({
    title: `${name}: ${title}`,
    run: async (t) => run(await make(t)),
  }));
}
