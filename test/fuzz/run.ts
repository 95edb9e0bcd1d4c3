/**
 * `npm run fuzz -- --seconds N [--target NAME] [--sessions N]`: every parser, or one, with changed inputs for so long in
 * all, then spoilt sessions, so many with each listener; prints
 * executions, states and crashers, each as a JSON string that can become a test, and the lines of src/protocol that were
 * executed. Exit code 1 when something crashed.
 */
import { parseArgs } from 'node:util';
import { type Hunted, hunt } from './hunt.js';
import { executedLines, runInputs } from './lines.js';
import { sessionKinds, stormOn } from './session-kinds.js';
import { targets } from './targets/all.js';

const usage = `usage: npm run fuzz -- [--seconds N] [--target NAME] [--seed N] [--sessions N]\ntargets: ${targets.map(({ name }) => name).join(' ')}`;

function numberOf(text: string, name: string): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value > 0) return value;
  throw new Error(`--${name} ${text}: a whole number above 0 is wanted`);
}

function print(name: string, { executions, seedStates, newStates, crashers }: Hunted): void {
  console.log(
    `${name.padEnd(16)} ${String(executions).padStart(9)} executions ${String(seedStates).padStart(6)} states of seeds ${String(newStates).padStart(6)} new, ${crashers.length} crashers`,
  );
  for (const { input, reason } of crashers)
    console.log(`  ${JSON.stringify(input)}\n  ${reason.split('\n').slice(0, 12).join('\n  ')}`);
}

/** How many listeners did not stand it. */
async function spoiltSessions(weather: { readonly sessions: number; readonly seed: number }): Promise<number> {
  let bad = 0;
  for (const kind of sessionKinds) {
    const ends: (() => void | Promise<void>)[] = [];
    try {
      const { messages } = await stormOn(kind, { after: (end) => void ends.push(end) }, weather);
      console.log(`${weather.sessions} spoilt ${kind} sessions, ${messages} messages taken, the next good one went through`);
    } catch (error) {
      bad += 1;
      console.log(`spoilt ${kind} sessions: ${error instanceof Error ? error.stack : error}`);
    } finally {
      for (const end of ends.reverse()) await end();
    }
  }
  return bad;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      target: { type: 'string' },
      seed: { type: 'string' },
      sessions: { type: 'string', default: '400' },
      replay: { type: 'string' },
    },
  });
  if (values.replay !== undefined) {
    runInputs(values.replay, targets);
    return 0;
  }
  const seconds = numberOf(values.seconds, 'seconds');
  const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
  if (chosen.length === 0) throw new Error(`--target ${values.target}: there is no such target`);
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : numberOf(values.seed, 'seed');
  console.log(`seed ${seed}`);
  let [crashers, executions] = [0, 0];
  const corpora: Record<string, readonly string[]> = {};
  for (const target of chosen) {
    const milliseconds = (seconds * 1_000) / chosen.length;
    const hunted = hunt(target, { seed, milliseconds, executions: Number.POSITIVE_INFINITY });
    print(target.name, hunted);
    crashers += hunted.crashers.length;
    executions += hunted.executions;
    corpora[target.name] = hunted.corpus;
  }
  console.log(`${executions} executions, ${crashers} crashers`);
  if (values.target === undefined) {
    crashers += await spoiltSessions({ sessions: numberOf(values.sessions, 'sessions'), seed });
    const lines = executedLines(corpora, import.meta.url);
    console.log(
      `src/protocol: ${lines?.percent.toFixed(1)} % of its lines executed; least in ${lines?.weak.slice(0, 12).join(', ')}`,
    );
  }
  return crashers === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`fuzz: ${error instanceof Error ? error.message : error}\n${usage}`);
  process.exitCode = 100;
}
