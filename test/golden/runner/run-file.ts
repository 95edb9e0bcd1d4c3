/**
 * Runs the cases of one file through its adapter, a few at once, and judges each. A sample spread over the file runs as
 * processes of their own; the others are pooled.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter, RecordedCase } from './adapter.js';
import { type Another, another } from './as-another.js';
import { type Choices, choices as choicesOf, type Difference } from './differences.js';
import { judge, judgeAsAnother, type Verdict } from './judge.js';
import { valueWithPlaceholders } from './placeholders.js';
import { Pool } from './pool.js';
import { caseTools } from './tools.js';

const usualOwnProcesses = 20;
const usualAtOnce = 4;

export interface CaseResult {
  readonly test: RecordedCase;
  readonly verdict: Verdict;
  /** With placeholders; undefined when the adapter threw. */
  readonly got: unknown;
}

export interface RunOptions {
  /** Every case as processes of their own. */
  readonly processes?: boolean;
  /** At least so many cases of the file run as processes of their own, spread over it. */
  readonly ownProcesses?: number;
  /** Where tqmail differs on purpose. */
  readonly differences: readonly Difference[];
}

export async function runFile(adapter: Adapter, cases: readonly RecordedCase[], options: RunOptions): Promise<CaseResult[]> {
  const base = mkdtempSync(join(tmpdir(), 'tqmail-golden-'));
  chmodSync(base, 0o755);
  const pool = new Pool();
  const step = Math.max(1, Math.floor(cases.length / (options.ownProcesses ?? usualOwnProcesses)));
  const results: CaseResult[] = [];
  const left = cases.entries();
  const choices = choicesOf(options.differences);
  const work = async (): Promise<void> => {
    for (const [index, test] of left) {
      const place: Place = { adapter, base, pool: options.processes !== true && index % step !== 0 ? pool : undefined };
      const result = await runCase(place, test, choices);
      results[index] = await asAnother(place, result, another(options.differences, adapter.file, test));
    }
  };
  try {
    await Promise.all(Array.from({ length: adapter.atOnce ?? usualAtOnce }, work));
  } finally {
    pool.close();
    rmSync(base, { recursive: true, force: true });
  }
  return results;
}

interface Place {
  readonly adapter: Adapter;
  readonly base: string;
  /** Undefined: as processes of their own. */
  readonly pool: Pool | undefined;
}

async function runCase({ adapter, base, pool }: Place, test: RecordedCase, choices: Choices): Promise<CaseResult> {
  const from = Math.floor(Date.now() / 1000);
  const tools = caseTools(base, test.id, pool);
  try {
    const raw = await adapter.run(test, tools);
    const got = valueWithPlaceholders(raw, { from, to: Math.floor(Date.now() / 1000), host: hostname() });
    return { test, got, verdict: judge(test.expected, got, choices(adapter.file, test)) };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { test, got: undefined, verdict: { is: 'failed', lines: text.split('\n').slice(0, 8) } };
  } finally {
    await tools.close();
  }
}

/** A failed case that a rule takes as another input: that one runs too, and its result is the one chosen. */
async function asAnother(place: Place, result: CaseResult, rule: Another | undefined): Promise<CaseResult> {
  if (result.verdict.is !== 'failed' || result.got === undefined || rule === undefined) return result;
  const { got } = await runCase(place, rule.test, () => undefined);
  return { ...result, verdict: judgeAsAnother(result, got, rule) };
}
