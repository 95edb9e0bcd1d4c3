/**
 * `tqmail check`: looks at everything that a home needs and says what is wrong and what to do. `--queue` walks the whole
 * store, for which the server must not run; with `--repair` it puts right what is safe. Changes nothing else.
 */
import type { QueueCheck } from '../../store/check-queue.js';
import type { Progress } from '../progress.js';
import { careArguments } from './arguments.js';
import { findingLine } from './finding-line.js';
import { checkHome } from './home-checks.js';
import { lockedQueue } from './locked-queue.js';

export async function main(args: readonly string[]): Promise<number> {
  const { home, flags } = careArguments(args, 'check', ['queue', 'repair'], false);
  let faults = 0;
  for await (const { state, what, text } of checkHome(home)) {
    if (state === 'FAULT') faults += 1;
    process.stdout.write(`${state.padEnd(5)} ${what}: ${text}\n`);
  }
  if (flags.has('queue') || flags.has('repair')) faults += await checkStore(home, flags.has('repair'));
  return faults === 0 ? 0 : 1;
}

async function checkStore(home: string, repair: boolean): Promise<number> {
  const { messages, findings } = await lockedQueue(home, 'check', (dir, progress) =>
    repair ? repaired(dir, progress) : checked(dir, progress),
  );
  process.stdout.write(findings.map(findingLine).join(''));
  const advice = findings.length === 0 ? '' : '; save what is sound with: tqmail rescue DIR';
  process.stdout.write(
    `${findings.length === 0 ? 'ok   ' : 'FAULT'} queue: ${messages} messages, ${findings.length} faults${advice}\n`,
  );
  return findings.length;
}

async function checked(dir: string, progress: Progress): Promise<QueueCheck> {
  const { checkQueue } = await import('../../store/check-queue.js');
  return checkQueue(dir, '', (looked) => progress.show(`${looked} messages`));
}

/** What is left after the repair, if there could be one. */
async function repaired(dir: string, progress: Progress): Promise<QueueCheck> {
  const before = await checked(dir, progress);
  if (before.findings.length === 0) return before;
  const { mayRepair, repairQueue } = await import('../../store/repair-queue.js');
  if (!mayRepair(before.findings)) {
    process.stdout.write('WARN  queue: not repaired: some of it cannot be read, and is left as it is\n');
    return before;
  }
  const { removed, added } = await repairQueue(dir);
  process.stdout.write(
    `ok    queue: repaired: ${removed} records without a message removed, ${added} tries put on the schedule\n`,
  );
  return checked(dir, progress);
}
