/**
 * `npm run fuzz -- --seconds N [--target NAME]`: every parser, or one, with changed inputs for so long in all; prints
 * executions, states and crashers, each as a JSON string that can become a test, and the lines of src/protocol that were
 * executed. Exit code 1 when something crashed.
 */
import { parseArgs } from 'node:util';
import { type Hunted, hunt } from './hunt.js';
import { executedLines, runInputs } from './lines.js';
import { targets } from './targets/all.js';

const usage = `usage: npm run fuzz -- [--seconds N] [--target NAME] [--seed N]\ntargets: ${targets.map(({ name }) => name).join(' ')}`;

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

function main(): number {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      target: { type: 'string' },
      seed: { type: 'string' },
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
    const lines = executedLines(corpora, import.meta.url);
    console.log(
      `src/protocol: ${lines?.percent.toFixed(1)} % of its lines executed; least in ${lines?.weak.slice(0, 12).join(', ')}`,
    );
  }
  return crashers === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`fuzz: ${error instanceof Error ? error.message : error}\n${usage}`);
  process.exitCode = 100;
}
