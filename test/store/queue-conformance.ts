/**
 * What every QueueStore must do, method by method. Run against each store by its own test file.
 */
import { test } from 'node:test';
import type { MakeSubject } from './fixture.js';
import { mailCases } from './mail-cases.js';
import { scheduleCases } from './schedule-cases.js';

/** Declares one test for every case. */
export function queueConformance(name: string, make: MakeSubject): void {
  for (const [title, run] of Object.entries({ ...mailCases, ...scheduleCases }))
    test(`${name}: ${title}`, async (t) => run(await make(t)));
}
