/**
 * `npm run bench -- launchers`: how long commands take from start to end, next to `node -e 0` in the same rounds. Exit 1
 * when one fails or takes more than its limit. Ends nothing but what it started: each command is waited for.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { thisMachine } from '../machine.js';
import { UsageError } from '../options.js';
import { endAllChildren, startChild } from '../process/children.js';
import { readyPort } from '../process/ready.js';
import { openWorkFolder, removeWorkFolder } from '../process/work-folder.js';
import type { LedgerEntry } from '../report/ledger.js';
import { inProject } from '../root.js';
import { median, rounded } from '../statistics.js';
import { type Launched, launchedCommands, launchHome, measure } from './commands.js';

export const usage = `usage: npm run bench -- launchers [--runs R] [--json FILE] [--ledger]
`;
/** A command that needs longer hangs. */
const longestMs = 60_000;

interface LauncherRow {
  readonly name: string;
  /** Median. */
  readonly ms: number;
  /** Of the measure's median. */
  readonly timesNode: number;
  readonly limit: number | undefined;
}

/** Parses the words after `launchers`; throws UsageError. */
function launcherOptions(args: readonly string[]): { runs: number; json: string | undefined; ledger: boolean } {
  let values: { runs?: string; json?: string; ledger?: boolean };
  try {
    const options = { runs: { type: 'string' }, json: { type: 'string' }, ledger: { type: 'boolean' } } as const;
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const runs = Number(values.runs ?? 15);
  if (!(Number.isInteger(runs) && runs >= 1 && runs <= 1_000)) throw new UsageError('--runs is a number from 1 to 1000');
  return { runs, json: values.json, ledger: values.ledger === true };
}

export async function benchLaunchers(args: readonly string[]): Promise<number> {
  const { runs, json, ledger } = launcherOptions(args);
  const rows = await measured(runs);
  process.stdout.write(launcherTable(rows, runs));
  const entry: LedgerEntry = {
    date: new Date().toISOString(),
    scenario: 'launchers',
    machine: thisMachine(),
    options: { runs },
    results: rows.map(({ name, ms, timesNode }) => ({
      name,
      version: '',
      durable: true,
      ok: true,
      median: { ms, timesNode },
    })),
    ratios: {},
  };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(entry, null, 2)}\n`);
  if (ledger) appendFileSync(inProject('bench', 'ledger.jsonl'), `${JSON.stringify(entry)}\n`);
  return rows.some(tooSlow) ? 1 : 0;
}

const tooSlow = ({ timesNode, limit }: LauncherRow): boolean => limit !== undefined && timesNode > limit;

/** The commands take turns, so that a slow minute of the machine meets all of them. */
async function measured(runs: number): Promise<readonly LauncherRow[]> {
  const folder = openWorkFolder();
  try {
    const served = launchHome(path.join(folder, 'served'));
    await startServer(served);
    const commands = launchedCommands(folder, launchHome(path.join(folder, 'home')), served);
    const times = new Map<string, number[]>(commands.map(({ name }) => [name, []]));
    // The first round fills the caches and does not count.
    for (let round = 0; round <= runs; round++) {
      for (const command of commands) {
        const ms = oneStart(command);
        if (round > 0) times.get(command.name)?.push(ms);
      }
    }
    const middle = (name: string): number => median(times.get(name) ?? []) ?? Number.NaN;
    return commands.map(({ name, limit }) => ({
      name,
      limit,
      ms: rounded(middle(name)),
      timesNode: rounded(middle(name) / middle(measure)),
    }));
  } finally {
    await endAllChildren();
    removeWorkFolder(folder);
  }
}

/** Runs until the bench ends its children. */
async function startServer(home: string): Promise<void> {
  const ready = path.join(home, 'bench.ready');
  const child = await startChild(inProject('bin', 'tqmail'), ['start', '--home', home, '--ready-file', ready]);
  await readyPort(ready, child);
}

function oneStart({ name, words, env, stdin, stdout }: Launched): number {
  const [program, ...rest] = words;
  const input = openSync(stdin ?? '/dev/null', 'r');
  const output = openSync(stdout ?? '/dev/null', stdout === undefined ? 'w' : 'r');
  try {
    const begun = performance.now();
    const { status, stderr, error } = spawnSync(program, rest, { env, stdio: [input, output, 'pipe'], timeout: longestMs });
    const ms = performance.now() - begun;
    if (status !== 0) throw new Error(`${name} failed (${error?.message ?? `exit ${status}`}): ${stderr}`);
    return ms;
  } finally {
    closeSync(input);
    closeSync(output);
  }
}

function launcherTable(rows: readonly LauncherRow[], runs: number): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = (row: LauncherRow): string => {
    const times = row.limit === undefined ? '' : `${row.timesNode.toFixed(2)} × ${measure}, at most ${row.limit}`;
    return `${row.name.padEnd(width)}  ${row.ms.toFixed(1).padStart(7)} ms  ${times}${tooSlow(row) ? '  TOO SLOW' : ''}`.trimEnd();
  };
  return [`launchers: median of ${runs} starts each`, ...rows.map(line)].map((text) => `${text}\n`).join('');
}
