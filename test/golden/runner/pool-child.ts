/**
 * A process that runs one pooled call after another: it imports the command's entry as the launcher would and gives it
 * a Call made of the files that the runner names. It says what a call left behind: open descriptors, timers, listeners, another umask or working folder.
 */
import { closeSync, openSync, readdirSync } from 'node:fs';
import type { Call, Command } from '../../../src/cli/call.js';
import type { PooledAnswer, PooledCall } from './pool-messages.js';

/** No descriptor has this number: using it is an error, as of one that is closed. */
const closed = 1_000_000;
const umask = 0o022;

async function commandOf(entry: string): Promise<Command | undefined> {
  const module = (await import(new URL(`../../../src/cli/${entry}.js`, import.meta.url).href)) as { run?: Command };
  return module.run;
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const listeners = (): number => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);

async function runCall(job: PooledCall): Promise<PooledAnswer> {
  const run = await commandOf(job.entry);
  if (run === undefined) return { unsuited: true };
  process.chdir(job.cwd);
  process.umask(umask);
  const before = { descriptors: openDescriptors(), timers: timers(), listeners: listeners() };
  const descriptors = new Map<number, number>();
  for (const [n, path] of job.reads) descriptors.set(n, openSync(path, 'r'));
  for (const [n, path] of job.writes) descriptors.set(n, openSync(path, 'a'));
  const call: Call = {
    path: job.path,
    args: job.args,
    env: new Map(Object.entries(job.env)),
    home: job.home,
    descriptor: (n) => descriptors.get(n) ?? closed,
  };
  try {
    return { exit: await run(call), ...leftBehind(job, { ...before, descriptors: before.descriptors + descriptors.size }) };
  } catch (error) {
    return { threw: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    for (const fd of descriptors.values()) closeSync(fd);
  }
}

interface Counts {
  readonly descriptors: number;
  readonly timers: number;
  readonly listeners: number;
}

function leftBehind({ cwd }: PooledCall, expected: Counts): Pick<PooledAnswer, 'left'> {
  const left: string[] = [];
  const more = openDescriptors() - expected.descriptors;
  if (more > 0) left.push(`${more} open descriptors`);
  if (more < 0) left.push(`${-more} descriptors closed that were not its own`);
  if (timers() > expected.timers) left.push(`${timers() - expected.timers} timers`);
  if (listeners() > expected.listeners) left.push(`${listeners() - expected.listeners} listeners of process events`);
  if (process.umask() !== umask) left.push(`umask 0${process.umask().toString(8)}`);
  if (process.cwd() !== cwd) left.push(`working folder ${process.cwd()}`);
  return left.length === 0 ? {} : { left: left.join(', ') };
}

process.on('message', (job: PooledCall) => {
  void runCall(job).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit(0));
