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

/** The calls of these places fail, counted from 0, and from the end when negative. */
async function swept(t: TestContext, name: string, places: readonly number[]): Promise<SweepResult> {
  const result = await runSweep(backwards(t), named(name), {
    pick: (points) => places.flatMap((place) => points.at(place) ?? []),
  });
  for (const round of result.rounds) t.diagnostic(`${name}: ${JSON.stringify(round)}`);
  const { lost, altered, twiceLocal, unexplained } = result;
  assert.deepEqual({ lost, altered, twiceLocal, unexplained }, { lost: 0, altered: 0, twiceLocal: 0, unexplained: 0 }, name);
  assert.equal(result.rounds.length, places.length, 'there were such calls');
  for (const { answer } of result.rounds) assert.match(answer, /^(250|4\d\d) |^closed/);
  return result;
}

test('the queue cannot write the first page of a message or one of its last, or not flush its end', async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const [writes, flushes] = await Promise.all([
    swept(t, "ENOSPC at a write of the queue's records", [0, -3]),
    swept(t, 'EIO at a flush of the queue', [-1]),
  ]);
  const [first] = writes.rounds;
  assert.ok(first?.failed?.includes('queue/data.mdb'), 'the call failed');
  assert.match(first?.answer ?? '', /^451 |^closed/, 'what cannot be written is not answered with 250');
  assert.ok(first?.restarted, 'after a failed commit the node starts anew');
  assert.ok(flushes.accepted > 0);
});

test('a mailbox cannot be written or flushed', async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const results = await Promise.all([
    swept(t, 'EIO at a flush of a mailbox', [0]),
    swept(t, 'ENOSPC at a write of a mailbox', [0]),
  ]);
  for (const { failed, answer } of results.flatMap(({ rounds }) => rounds)) {
    assert.ok(failed !== undefined, 'a call failed');
    assert.match(answer, /^250 /, 'the queue has it all the same');
  }
});
