/**
 * `node dist/test/faults/kill-loop.js --rounds N`: the kill loop at length, one JSON object at the end.
 * Exit code 0 only when nothing was lost, altered or delivered locally twice.
 */
import { parseArgs } from 'node:util';
import { runRounds } from './kill/rounds.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' } } });
const ends: (() => void | Promise<void>)[] = [];
try {
  const result = await runRounds(
    { after: (end) => void ends.push(end) },
    { rounds: Number(values.rounds), loadMs: [200, 3_000] },
  );
  console.log(JSON.stringify(result));
  process.exitCode = result.lost + result.altered + result.twiceLocal === 0 ? 0 : 1;
} finally {
  for (const end of ends.reverse()) await end();
}
