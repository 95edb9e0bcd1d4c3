/**
 * `npm run soak -- [--rounds N] [--fault NAME]`: rounds of load that each end with a fault at a random moment, at length;
 * all faults in turn or one of them. Prints a table. `--week N`: a week of retries of N messages on a clock of its own. Exit code 0 only when nothing was lost, altered or delivered
 * locally twice, and no fault doubled more remote deliveries than can be under way.
 */
import { parseArgs } from 'node:util';
import { runWeek } from '../pipeline/week.js';
import { LoopDisk } from '../support/loop-disk.js';
import type { Ending } from '../support/server-home.js';
import { mostTwice, type RoundsOptions, type RoundsResult, runRounds } from './kill/rounds.js';
import { mixedNames, strikeNames } from './kill/strikes.js';

const usage = `usage: npm run soak -- [--rounds N] [--fault NAME] | --week N
N: 1 to 1000000, default 1000. NAME: ${strikeNames.join(', ')}; default: all but power in turn.`;

function print({ table, ...result }: RoundsResult): void {
  console.log(`${'fault'.padEnd(15)} rounds  under way  twice`);
  for (const { fault, rounds, inFlight, twice } of table) {
    console.log(
      `${fault.padEnd(15)} ${String(rounds).padStart(6)} ${String(inFlight).padStart(10)} ${String(twice).padStart(6)}`,
    );
  }
  console.log(`accepted ${result.accepted} messages of two recipients in ${result.seconds} s, ${result.kills} faults`);
  console.log(`delivered locally ${result.deliveredLocal}, to the next hop ${result.deliveredRemote}`);
  console.log(`lost ${result.lost}, altered ${result.altered}, locally twice ${result.twiceLocal}`);
  console.log(
    `at the next hop twice ${result.twiceRemote}, at most ${result.mostTwiceAfterKill} after one fault: taken there before the queue had it on disk`,
  );
  console.log(`from start to greeting ${result.bannerMedianMs} ms (median), ${result.bannerMaxMs} ms (most)`);
}

interface Words {
  readonly rounds: number;
  readonly week: number;
  readonly faults: typeof strikeNames;
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 1_000_000;

function words(): Words | undefined {
  try {
    const { values } = parseArgs({
      options: { rounds: { type: 'string' }, week: { type: 'string' }, fault: { type: 'string' } },
    });
    const rounds = Number(values.rounds ?? 1_000);
    const week = Number(values.week ?? 0);
    const faults = values.fault === undefined ? mixedNames : strikeNames.filter((name) => name === values.fault);
    return isCount(rounds) && (week === 0 || isCount(week)) && faults.length > 0 ? { rounds, week, faults } : undefined;
  } catch {
    return undefined;
  }
}

async function weeks(messages: number): Promise<boolean> {
  let good = true;
  for (const channel of ['local', 'remote'] as const) {
    const begun = performance.now();
    const { attempts, expected, wrong, example, left } = await runWeek(channel, messages);
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    console.log(
      `${channel}: ${attempts} of ${expected} attempts, ${wrong} at another second ${example}, ${left} left, ${seconds} s`,
    );
    good &&= attempts === expected && wrong === 0 && left === 0;
  }
  return good;
}

function good(result: RoundsResult): boolean {
  print(result);
  return result.lost + result.altered + result.twiceLocal === 0 && result.mostTwiceAfterKill <= mostTwice;
}

async function soak(rounds: number, faults: typeof strikeNames): Promise<boolean> {
  const ends: (() => void | Promise<void>)[] = [];
  try {
    const ending: Ending = { after: (end) => void ends.push(end) };
    const plan: RoundsOptions = { rounds, strikes: faults, loadMs: [100, Math.min(3_000, 300 + 3 * rounds)] };
    if (!faults.includes('power')) return good(await runRounds(ending, plan));
    let all = true;
    for (const type of ['ext4', 'xfs'] as const) {
      console.log(`power cuts of a disk with ${type}`);
      all = good(await runRounds(ending, { ...plan, disk: LoopDisk.make(ending, type) })) && all;
    }
    return all;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

const asked = words();
if (asked === undefined) {
  console.error(usage);
  process.exitCode = 64;
} else {
  const passed = asked.week > 0 ? await weeks(asked.week) : await soak(asked.rounds, asked.faults);
  process.exitCode = passed ? 0 : 1;
}
