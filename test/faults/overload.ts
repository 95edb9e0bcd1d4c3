/**
 * `npm run overload -- [--case NAME] [--scale S]`: overloads a whole server in one way after another while normal mail goes
 * on, and prints a row of a table for each: figures, normal mail, peak memory, what limits by the server's own word, the
 * verdict. `--spoiled`: each case with a server that is spoiled, which must be noticed. Exit code 0 only when all is as it should be.
 */
import { parseArgs } from 'node:util';
import type { OverloadCase, Row } from './overload/case.js';
import { overloadCases } from './overload/cases.js';
import { runCase } from './overload/run-case.js';
import { spoilings } from './overload/spoiled.js';

const usage = `usage: npm run overload -- [--case NAME] [--scale S] [--spoiled]
S: 0.001 to 1, default 1. NAME: ${overloadCases.map(({ name }) => name).join(', ')}; default: all in turn.`;

function printRow({ name, figures, normal, watched, complaints, seconds }: Row): void {
  const verdict = complaints.length === 0 ? 'ok' : `NOT OK: ${complaints.join('; ')}`;
  const memory = `${Math.round(watched.peakMiB)} MiB (largest process ${Math.round(watched.largestMiB)})`;
  console.log(`${name}: ${figures} | normal mail ${normal} | peak ${memory} | ${seconds} s | ${verdict}`);
  for (const line of watched.limits) console.log(`    limited by ${line}`);
}

async function plain(cases: readonly OverloadCase[], scale: number): Promise<boolean> {
  let good = true;
  for (const one of cases) {
    const row = await runCase(one, { scale });
    printRow(row);
    good &&= row.complaints.length === 0;
  }
  return good;
}

/** Every way to spoil a server must be caught by every case. */
async function spoiled(cases: readonly OverloadCase[], scale: number): Promise<boolean> {
  let good = true;
  for (const one of cases) {
    for (const { name, ...spoiling } of spoilings) {
      const { complaints } = await runCase(one, { scale, ...spoiling });
      console.log(`${one.name}, ${name}: ${complaints.length === 0 ? 'NOT NOTICED' : `noticed: ${complaints.join('; ')}`}`);
      good &&= complaints.length > 0;
    }
  }
  return good;
}

interface Words {
  readonly cases: readonly OverloadCase[];
  readonly scale: number;
  readonly spoiled: boolean;
}

function words(): Words | undefined {
  try {
    const { values } = parseArgs({
      options: { case: { type: 'string' }, scale: { type: 'string' }, spoiled: { type: 'boolean' } },
    });
    const scale = Number(values.scale ?? 1);
    const cases = values.case === undefined ? overloadCases : overloadCases.filter(({ name }) => name === values.case);
    const good = scale >= 0.001 && scale <= 1 && cases.length > 0;
    return good ? { cases, scale, spoiled: values.spoiled === true } : undefined;
  } catch {
    return undefined;
  }
}

const asked = words();
if (asked === undefined) {
  console.error(usage);
  process.exitCode = 64;
} else {
  const passed = await (asked.spoiled ? spoiled : plain)(asked.cases, asked.scale);
  process.exitCode = passed ? 0 : 1;
}
