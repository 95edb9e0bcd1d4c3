/**
 * `npm run bench -- SCENARIO`: the same work through our server and through each peer, in turn (A B A B …).
 * Prints a table for people; --json writes the figures. Ends every process it started, also on Ctrl-C.
 */
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chooseCandidates } from './candidates.js';
import { benchLaunchers, usage as launcherUsage } from './launchers/launchers.js';
import { postfixLoad } from './load/postfix.js';
import { tqmailLoad } from './load/tqmail.js';
import { thisMachine } from './machine.js';
import { type BenchOptions, parseBenchOptions, UsageError, usage } from './options.js';
import type { Peer } from './peers/peer.js';
import { benchPop3, usage as pop3Usage } from './pop3/pop3.js';
import { endAllChildren } from './process/children.js';
import { ledgerLine } from './report/ledger.js';
import { progressLine } from './report/progress.js';
import { resultTable } from './report/table.js';
import { type BenchResult, type CandidateResult, medians, type RunRow, ratiosTo } from './result.js';
import { inProject } from './root.js';
import { runScenario } from './scenarios/scenario.js';

const exitUsage = 64;
const exitInterrupted = 130;
/** The runs' folder, for the end on a signal. */
let workFolder: string | undefined;
let interrupted = false;

async function bench(options: BenchOptions): Promise<BenchResult> {
  const { candidates, skipped } = chooseCandidates(options);
  const rows = new Map<Peer, RunRow[]>(candidates.map((peer) => [peer, []]));
  const base = mkdtempSync(path.join(os.tmpdir(), 'tqmail-bench-'));
  workFolder = base;
  chmodSync(base, 0o755);
  try {
    for (let round = 1; round <= options.runs; round++) {
      for (const peer of candidates) {
        const dir = path.join(base, `${round}-${peer.name}`);
        mkdirSync(dir, { mode: 0o755 });
        const progress = progressLine(`${options.scenario} run ${round} of ${options.runs}: ${peer.name}`);
        rows.get(peer)?.push(await oneRun(options, peer, dir, progress.show));
        progress.clear();
        rmSync(dir, { recursive: true, force: true });
      }
    }
  } finally {
    await endAllChildren();
    rmSync(base, { recursive: true, force: true });
  }
  const results = candidates.map((peer) => candidateResult(peer, rows.get(peer) ?? []));
  const ours = results[0]?.median ?? {};
  const ratios = Object.fromEntries(results.slice(1).map((theirs) => [theirs.name, ratiosTo(ours, theirs.median)]));
  return {
    scenario: options.scenario,
    options,
    date: new Date().toISOString(),
    machine: thisMachine(),
    results,
    skipped,
    ratios,
  };
}

/** A row in any case: a server that does not come up is a result, not a crash. */
async function oneRun(options: BenchOptions, peer: Peer, dir: string, progress: (text: string) => void): Promise<RunRow> {
  const load = options.load === 'postfix' ? postfixLoad : tqmailLoad;
  try {
    const missing = peer.missing(options) || load.missing();
    if (missing !== '') return { ok: false, error: missing };
    return await runScenario({ options, peer, load, dir, progress });
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function candidateResult(peer: Peer, runs: readonly RunRow[]): CandidateResult {
  const error = runs.find((run) => run.error !== undefined)?.error;
  const ok = runs.length > 0 && runs.every((run) => run.ok);
  return {
    name: peer.name,
    version: peer.version(),
    durable: peer.durable,
    ok,
    ...(error === undefined ? {} : { error }),
    runs,
    median: medians(runs),
  };
}

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions;
  try {
    if (args[0] === 'pop3') return await benchPop3(args.slice(1));
    if (args[0] === 'launchers') return benchLaunchers(args.slice(1));
    options = parseBenchOptions(args);
    chooseCandidates(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(
      `bench: ${error.message}\n${args[0] === 'launchers' ? launcherUsage : args[0] === 'pop3' ? pop3Usage : usage}`,
    );
    return exitUsage;
  }
  const result = await bench(options);
  if (interrupted) return exitInterrupted;
  process.stdout.write(resultTable(result));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  if (options.ledger) appendFileSync(inProject('bench', 'ledger.jsonl'), ledgerLine(result));
  return result.results.every((candidate) => candidate.ok) ? 0 : 1;
}

function endOnSignal(signal: NodeJS.Signals): void {
  interrupted = true;
  process.stderr.write(`bench: ${signal}, ending what was started\n`);
  endAllChildren(true).finally(() => {
    if (workFolder !== undefined) rmSync(workFolder, { recursive: true, force: true });
    process.exit(exitInterrupted);
  });
}

process.once('SIGINT', endOnSignal);
process.once('SIGTERM', endOnSignal);
process.exitCode = await main(process.argv.slice(2));
