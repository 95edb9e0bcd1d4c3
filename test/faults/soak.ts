/**
 * `npm run soak -- [--rounds N] [--fault NAME]`: rounds of load that each end with a fault at a random moment, at length;
 * all faults in turn or one of them. Prints a table. Exit code 0 only when nothing was lost, altered or delivered
 * locally twice, and no fault doubled more remote deliveries than can be under way.
 */
import { parseArgs } from 'node:util';
import { mostTwice, type RoundsResult, runRounds } from './kill/rounds.js';
import { strikeNames } from './kill/strikes.js';

const usage = `usage: npm run soak -- [--rounds N] [--fault NAME]
N: 1 to 1000000, default 1000. NAME: ${strikeNames.join(', ')}; default: all of them in turn.`;

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

function words(): { readonly rounds: number; readonly faults: typeof strikeNames } | undefined {
  try {
    const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' }, fault: { type: 'string' } } });
    const rounds = Number(values.rounds);
    const faults = values.fault === undefined ? strikeNames : strikeNames.filter((name) => name === values.fault);
    return Number.isInteger(rounds) && rounds >= 1 && rounds <= 1_000_000 && faults.length > 0 ? { rounds, faults } : undefined;
  } catch {
    return undefined;
  }
}

async function soak(rounds: number, faults: typeof strikeNames): Promise<boolean> {
  const ends: (() => void | Promise<void>)[] = [];
  try {
    const result = await runRounds(
      { after: (end) => void ends.push(end) },
      { rounds, strikes: faults, loadMs: [100, Math.min(3_000, 300 + 3 * rounds)] },
    );
    print(result);
    return result.lost + result.altered + result.twiceLocal === 0 && result.mostTwiceAfterKill <= mostTwice;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

const asked = words();
if (asked === undefined) {
  console.error(usage);
  process.exitCode = 64;
} else process.exitCode = (await soak(asked.rounds, asked.faults)) ? 0 : 1;
