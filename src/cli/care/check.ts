/**
 * `tqmail check`: looks at everything that a home needs and says what is wrong and what to do. `--queue` walks the whole
 * store, for which the server must not run. Changes nothing.
 */
import { careArguments } from './arguments.js';
import { findingLine } from './finding-line.js';
import { checkHome } from './home-checks.js';
import { lockedQueue } from './locked-queue.js';

export async function main(args: readonly string[]): Promise<number> {
  const { home, flags } = careArguments(args, 'check', ['queue'], false);
  let faults = 0;
  for await (const { state, what, text } of checkHome(home)) {
    if (state === 'FAULT') faults += 1;
    process.stdout.write(`${state.padEnd(5)} ${what}: ${text}\n`);
  }
  if (flags.has('queue')) faults += await checkStore(home);
  return faults === 0 ? 0 : 1;
}

async function checkStore(home: string): Promise<number> {
  const { checkQueue } = await import('../../store/check-queue.js');
  const { messages, findings } = await lockedQueue(home, (dir) => checkQueue(dir));
  process.stdout.write(findings.map(findingLine).join(''));
  const advice = findings.length === 0 ? '' : '; save what is sound with: tqmail rescue DIR';
  process.stdout.write(
    `${findings.length === 0 ? 'ok   ' : 'FAULT'} queue: ${messages} messages, ${findings.length} faults${advice}\n`,
  );
  return findings.length;
}
