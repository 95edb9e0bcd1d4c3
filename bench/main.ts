/**
 * `npm run bench -- SCENARIO` and `tqmail bench SCENARIO`: the same work through our server and through each peer, in turn (A B A B …).
 * Prints a table for people; --json writes the figures. Ends every process it started, also on Ctrl-C.
 */
import { accessSync, appendFileSync, constants, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { reason } from '../src/cli/complain.js';
import { usageLine } from '../src/cli/manual/help.js';
import { progressLine } from '../src/cli/progress.js';
import { chooseCandidates } from './candidates.js';
import { commandLine } from './command-line.js';
import { benchLaunchers, usage as launcherUsage } from './launchers/launchers.js';
import { benchLog, usage as logUsage } from './log/log.js';
import { type Machine, machineNow } from './machine.js';
import { oneRun } from './one-run.js';
import { type BenchOptions, parseBenchOptions, UsageError, usage } from './options.js';
import type { Peer } from './peers/peer.js';
import { benchPop3, usage as pop3Usage } from './pop3/pop3.js';
import { endAllChildren } from './process/children.js';
import { openWorkFolder, removeWorkFolder, removeWorkFolders } from './process/work-folder.js';
import { compareResults } from './report/compare.js';
import { ledgerLine } from './report/ledger.js';
import { reportPage } from './report/page.js';
import { readResult } from './report/read-result.js';
import { resultTable } from './report/table.js';
import { type BenchResult, type CandidateResult, medians, type RunRow, ratiosTo, spreads } from './result.js';
import { inProject } from './root.js';

const exitUsage = 64;
const exitInterrupted = 130;
const exitFailed = 1;
let interrupted = false;
/** The result of the rounds that are whole; undefined: none is. */
let untilNow: (() => BenchResult | undefined) | undefined;
/** Never settles: the end on a signal ends the process. */
const ending = new Promise<never>(() => undefined);

async function bench(options: BenchOptions): Promise<BenchResult> {
  const { candidates, skipped } = chooseCandidates(options);
  const rows = new Map<Peer, RunRow[]>(candidates.map((peer) => [peer, []]));
  const base = openWorkFolder();
  let whole = 0;
  const machine = await machineNow(base);
  untilNow = () => (whole === 0 ? undefined : resultOf({ ...options, runs: whole }, skipped, rows, machine));
  try {
    for (let round = 1; round <= options.runs; round++) {
      for (const peer of candidates) {
        const dir = path.join(base, `${round}-${peer.name}`);
        mkdirSync(dir, { mode: 0o755 });
        const progress = progressLine(`${options.scenario} run ${round} of ${options.runs}: ${peer.name}`);
        const begun = new Date().toISOString();
        const row = { begun, ...(await oneRun(options, peer, dir, progress.show)) };
        // It ended because it was ended: that is no result.
        if (interrupted) return await ending;
        rows.get(peer)?.push(row);
        progress.clear();
        if (!staysToTheEnd(options, candidates.length)) rmSync(dir, { recursive: true, force: true });
      }
      whole = round;
    }
  } finally {
    await endAllChildren();
    removeWorkFolder(base);
  }
  return resultOf(options, skipped, rows, machine);
}

/** Of the first `options.runs` runs of each candidate. */
function resultOf(
  options: BenchOptions,
  skipped: BenchResult['skipped'],
  rows: ReadonlyMap<Peer, readonly RunRow[]>,
  machine: Machine,
): BenchResult {
  const results = [...rows].map(([peer, runs]) => candidateResult(options, peer, runs.slice(0, options.runs)));
  const [ours, ...others] = results;
  // Not of what is left when runs that went wrong are left out.
  const compared = others.map((theirs) => [theirs.name, ours?.ok && theirs.ok ? ratiosTo(ours.median, theirs.median) : {}]);
  const ratios = Object.fromEntries(compared);
  return {
    scenario: options.scenario,
    options,
    date: new Date().toISOString(),
    machine,
    results,
    skipped,
    ratios,
    command: commandLine(),
  };
}

/** Octets of mail that may stay where they are while the bench goes on. */
const mostStaying = 2 * 1024 ** 3;

/** ext4 passes over the files that were deleted in the last minutes whenever it makes one: each Maildir would slow the next run. */
function staysToTheEnd({ scenario, n, warmup, size, runs }: BenchOptions, candidates: number): boolean {
  return scenario === 'local' && (n + warmup) * (size + 4_096) * runs * candidates <= mostStaying;
}

function candidateResult(options: BenchOptions, peer: Peer, runs: readonly RunRow[]): CandidateResult {
  const error = runs.find((run) => run.error !== undefined)?.error;
  const ok = runs.length > 0 && runs.every((run) => run.ok);
  return {
    name: peer.name,
    version: peer.version(),
    // A sink stores nothing, whoever plays it.
    durable: options.scenario === 'sink' ? false : peer.durable,
    ok,
    ...(error === undefined ? {} : { error }),
    runs,
    median: medians(runs),
    spread: spreads(runs),
  };
}

/** Below a mistake: not the whole of the help, which would hide it. */
function usageOf(verb: string | undefined): string {
  if (verb === 'launchers') return launcherUsage;
  if (verb === 'log') return logUsage;
  return verb === 'pop3' ? pop3Usage : `${usageLine('bench')}\n`;
}

/** Words of the command line without `npm run bench --`; answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  // Not once: npm passes on what the terminal has sent already, and the second one would end us before what we started.
  process.on('SIGINT', endOnSignal);
  process.on('SIGTERM', endOnSignal);
  try {
    const [verb, ...rest] = args;
    if (verb === 'help' || args.includes('--help')) {
      const own = verb === 'launchers' || verb === 'log' || verb === 'pop3';
      process.stdout.write(own ? usageOf(verb) : usage);
      return 0;
    }
    if (verb === 'pop3') return await benchPop3(rest);
    if (verb === 'launchers') return await benchLaunchers(rest);
    if (verb === 'log') return await benchLog(rest);
    if (verb === 'compare' || verb === 'page') return onFiles(verb, rest);
    const options = parseBenchOptions(args);
    if (options.ledger) ledgerFile();
    const { skipped } = chooseCandidates(options);
    // A peer that is not installed is left out with a word; the server that somebody named must be measured.
    const target = skipped.find(({ name }) => name.startsWith('target '));
    if (target !== undefined) throw new UsageError(`--${target.name}: ${target.why}`);
    mustBeWritable('--json ', options.json);
    mustBeWritable('--report ', options.report);
    return await measure(options);
  } catch (error) {
    // What was going on broke because it was ended.
    if (interrupted) return await ending;
    if (error instanceof UsageError) {
      process.stderr.write(`bench: ${error.message}\n${usageOf(args[0])}`);
      return exitUsage;
    }
    // A server that does not start, a client that is refused: the words are enough. Anything else is a bug, with its stack.
    if ((error as Error).constructor !== Error) throw error;
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    return exitFailed;
  }
}

async function measure(options: BenchOptions): Promise<number> {
  const result = await bench(options);
  if (interrupted) return await ending;
  const written = publish(result);
  if (options.ledger) appendFileSync(ledgerFile(), ledgerLine(result));
  return written && result.results.every((candidate) => candidate.ok) ? 0 : 1;
}

/** To the terminal and into the files that were asked for; the ledger is for whole results alone. False when a file could not be written. */
function publish(result: BenchResult): boolean {
  const { json, report } = result.options;
  process.stdout.write(resultTable(result));
  const files = [
    ['--json', json, () => `${JSON.stringify(result, null, 2)}\n`],
    ['--report', report, () => reportPage(result)],
  ] as const;
  let written = true;
  for (const [option, file, text] of files) {
    if (file === undefined) continue;
    try {
      writeFileSync(file, text());
    } catch (error) {
      // One after hours of runs: the other file may have room.
      process.stderr.write(`bench: ${option} ${file}: ${reason(error)}: it is not whole\n`);
      written = false;
    }
  }
  return written;
}

/** Asked before the runs: they may take an hour. */
function mustBeWritable(option: string, file: string | undefined): void {
  if (file === undefined) return;
  try {
    accessSync(existsSync(file) ? file : path.dirname(path.resolve(file)), constants.W_OK);
    if (file === '' || statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is no file');
  } catch (error) {
    throw new UsageError(`${option}${file}: cannot be written: ${reason(error)}`);
  }
}

/** The ledger belongs to the clone; a package has none. Throws UsageError there. */
function ledgerFile(): string {
  const file = inProject('bench', 'ledger.jsonl');
  if (!existsSync(path.dirname(file))) throw new UsageError('--ledger works in a clone of the project alone: use --json FILE');
  return file;
}

/** What is done with results that were kept. */
function onFiles(verb: 'compare' | 'page', [from, to, ...more]: readonly string[]): number {
  if (from === undefined || to === undefined || more.length > 0) {
    throw new UsageError(verb === 'compare' ? 'compare wants two JSON files' : 'page wants a JSON file and the page to write');
  }
  if (verb === 'compare') {
    const [before, after] = [readResult(from), readResult(to)];
    if (before.scenario !== after.scenario)
      throw new UsageError(`${from} is of ${before.scenario}, ${to} of ${after.scenario}: nothing to compare`);
    process.stdout.write(compareResults(before, after));
  } else {
    mustBeWritable('', to);
    writeFileSync(to, reportPage(readResult(from)));
  }
  return 0;
}

function endOnSignal(signal: NodeJS.Signals): void {
  if (interrupted) return;
  interrupted = true;
  process.stderr.write(`bench: ${signal}, ending what was started\n`);
  endAllChildren(true).finally(() => {
    try {
      removeWorkFolders();
      const result = untilNow?.();
      if (result !== undefined) {
        process.stderr.write(`bench: interrupted: the figures are those of the rounds that were whole, ${result.options.runs}\n`);
        publish(result);
      }
    } finally {
      process.exit(exitInterrupted);
    }
  });
}
