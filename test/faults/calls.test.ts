/**
 * One write, flush or rename on a message's way fails (a full or failing disk), under a running server: never a lost message,
 * never a damaged one, and the server recovers by itself. `npm run soak -- --fault calls` lets each one fail in turn.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { noStrace } from '../store/strace.js';
import { backwards } from '../support/server-home.js';
import { type CallFault, callFaults } from './calls/plan.js';
import { runSweep, type SweepResult } from './calls/sweep.js';

const notHere = noStrace();

function named(name: string): CallFault {
  const fault = callFaults.find((known) => known.name === name);
  assert.ok(fault, name);
  return fault;
}

async function swept(t: TestContext, name: string, numbers: readonly number[]): Promise<SweepResult> {
  const result = await runSweep(backwards(t), named(name), { numbers });
  for (const round of result.rounds) t.diagnostic(`${name}: ${JSON.stringify(round)}`);
  const { lost, altered, twiceLocal, unexplained } = result;
  assert.deepEqual({ lost, altered, twiceLocal, unexplained }, { lost: 0, altered: 0, twiceLocal: 0, unexplained: 0 }, name);
  assert.ok(result.accepted > 0);
  for (const { answer } of result.rounds) assert.match(answer, /^(250|4\d\d) |^closed/);
  return result;
}

test('the queue cannot write its first or its sixth page, or not flush a commit', async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const results = await Promise.all([
    swept(t, "ENOSPC at a write of the queue's records", [1, 6]),
    swept(t, 'EIO at a flush of the queue', [3]),
  ]);
  const rounds = results.flatMap((result) => result.rounds);
  assert.ok(rounds.every(({ call }) => call?.includes('queue/')));
  const [first] = rounds;
  assert.match(first?.answer ?? '', /^451 |^closed/, 'what cannot be written is not answered with 250');
  assert.ok(first?.restarted, 'after a failed commit the node starts anew');
});

test('a mailbox cannot be written or flushed', async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const results = await Promise.all([
    swept(t, 'EIO at a flush of a mailbox', [1]),
    swept(t, 'ENOSPC at a write of a mailbox', []),
  ]);
  for (const { call, answer } of results.flatMap(({ rounds }) => rounds)) {
    assert.ok(call !== undefined, 'a call failed');
    assert.match(answer, /^250 /, 'the queue has it all the same');
  }
});
