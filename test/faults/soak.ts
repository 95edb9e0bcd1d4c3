/**
 * `npm run soak -- [--rounds N] [--fault NAME] [--json FILE]`: rounds of load that each end with a fault at a random moment, at
 * length; all faults in turn or one of them. Prints a table; with FILE also writes it after every lot of rounds, and goes on
 * with what FILE holds. `--week N`: a week of retries of N messages on a clock of its own. `--flips N`: N times
 * random damage of a queue. Exit code 0 only when nothing was
 * lost, altered or delivered locally twice, and no fault doubled more remote deliveries than can be under way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runWeek } from '../pipeline/week.js';
import { fillForFlips, flipRun } from '../store/flips/run.js';
import type { Ending } from '../support/server-home.js';
import { type Lot, lotNames, lotsOf } from './soak/lots.js';
import { added, empty, type Found, failed, isGood, read, type SoakRecord, tableOf, write } from './soak/record.js';

const usage = `usage: npm run soak -- [--rounds N] [--fault NAME] [--json FILE] | --week N | --flips N
N: 1 to 1000000, default 1000; of steps and calls each one once. NAME: ${lotNames.join(', ')}; default: all but steps and calls in turn.
FILE: written after every lot of rounds, with the table as Markdown beside it; a run goes on with what is in it.`;

interface Words {
  /** Undefined: 1,000, or of steps and calls every one once. */
  readonly rounds: number | undefined;
  readonly week: number;
  readonly flips: number;
  readonly fault: string | undefined;
  readonly json: string | undefined;
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 1_000_000;

function words(): Words | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ options: { rounds: text, week: text, flips: text, fault: text, json: text } });
    const { fault, json } = values;
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    const week = Number(values.week ?? 0);
    const flips = Number(values.flips ?? 0);
    const counts = [rounds ?? 1, ...[week, flips].filter((count) => count !== 0)];
    const known = fault === undefined || lotNames.includes(fault);
    return counts.every(isCount) && known ? { rounds, week, flips, fault, json } : undefined;
  } catch {
    return undefined;
  }
}

async function weeks(messages: number): Promise<boolean> {
  let good = true;
  for (const channel of ['local', 'remote'] as const) {
    const begun = performance.now();
    const cpu = process.cpuUsage();
    const { attempts, expected, wrong, example, left } = await runWeek(channel, messages);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    const { user, system } = process.cpuUsage(cpu);
    const used = `${((user + system) / 1e6).toFixed(1)} s of CPU, ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB at most`;
    console.log(
      `${channel}: ${attempts} of ${expected} attempts, ${wrong} at another second ${example}, ${left} left, ${seconds} s, ${used}`,
    );
    good &&= attempts === expected && wrong === 0 && left === 0;
  }
  return good;
}

/** Random damage of a stopped queue: what was served of it, and what the check did not find. */
async function flips(count: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-flips-'));
  try {
    const { outcomes, faults, seed } = await flipRun(await fillForFlips(folder), count, Date.now() % 1_000_000);
    console.log(`seed ${seed}: ${JSON.stringify(outcomes)}`);
    for (const fault of faults) console.log(fault);
    return faults.length === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs one lot; whatever it started has ended afterwards. */
async function runLot(lot: Lot, rounds: number, first: number, enough: () => boolean): Promise<Found> {
  const ends: (() => void | Promise<void>)[] = [];
  const ending: Ending = { after: (end) => void ends.push(end) };
  try {
    return await lot.run(ending, rounds, first, enough);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** After SIGINT or SIGTERM the present round is the last; a second one ends the program as it stands. */
function signalled(): () => boolean {
  let stop = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop = true;
      console.error(`${signal}: this round is the last`);
    });
  }
  return () => stop;
}

function usual(fault: string | undefined, lots: readonly Lot[]): number {
  return fault === 'steps' || fault === 'calls' ? lots.reduce((sum, { most }) => sum + most, 0) : 1_000;
}

async function soak({ rounds, fault, json }: Words): Promise<SoakRecord> {
  const lots = lotsOf(fault, (why) => console.log(why));
  if (lots.length === 0) throw new Error('nothing of that can be done here');
  const enough = signalled();
  let record = json === undefined ? empty : read(json);
  const done = new Map<Lot, number>();
  for (let left = rounds ?? usual(fault, lots), at = 0; left > 0 && !enough(); at += 1) {
    const lot = lots[at % lots.length] as Lot;
    const first = done.get(lot) ?? 0;
    const asked = Math.min(left, lot.most);
    const begun = performance.now();
    const seconds = (): number => (performance.now() - begun) / 1000;
    try {
      record = added(record, await runLot(lot, asked, first, enough), seconds());
    } catch (error) {
      record = failed(record, `${asked} rounds of ${lot.name}: ${String(error)}`, seconds());
    }
    done.set(lot, first + asked);
    left -= asked;
    if (json !== undefined) write(json, record);
  }
  return record;
}

const asked = words();
if (asked === undefined) {
  console.error(usage);
  process.exitCode = 64;
} else if (asked.flips > 0) {
  process.exitCode = (await flips(asked.flips)) ? 0 : 1;
} else if (asked.week > 0) {
  process.exitCode = (await weeks(asked.week)) ? 0 : 1;
} else {
  const record = await soak(asked);
  console.log(tableOf(record));
  process.exitCode = isGood(record) ? 0 : 1;
}
