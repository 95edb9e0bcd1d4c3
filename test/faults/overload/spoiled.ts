/**
 * Servers that are spoiled while a case goes on, so that the harness itself is tested: each must be noticed.
 */
import { askNode } from '../../../src/cli/control/client.js';
import type { RunOptions } from './run-case.js';

export interface Spoiling extends Omit<RunOptions, 'scale'> {
  readonly name: string;
}

const faults = { TQMAIL_TEST_FAULTS: '1' };

async function order(home: string, thread: string, kind: string): Promise<void> {
  const answer = await askNode(home, { verb: 'fault', thread, kind });
  if (answer?.tag !== 'done') throw new Error(`the fault ${kind} was not ordered`);
}

export const spoilings: readonly Spoiling[] = [
  { name: 'a next hop that forgets every third message', forgets: 3, leavesWithin: 5 },
  {
    name: 'a front thread that takes all memory',
    env: faults,
    spoil: ({ home }) => order(home.path, 'front 0', 'memory'),
  },
  {
    name: 'a front thread that stands still',
    env: { ...faults, TQMAIL_TEST_STALL_SECONDS: '3' },
    spoil: ({ home }) => order(home.path, 'front 0', 'stall'),
  },
];
