/**
 * Runs the cases of one file through its adapter, a few at once, and judges each. A sample spread over the file runs as
 * processes of their own; the others are pooled.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter, RecordedCase } from './adapter.js';
import type { Choices } from './differences.js';
import { judge, type Verdict } from './judge.js';
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
  readonly choices: Choices;
}

export async function runFile(adapter: Adapter, cases: readonly RecordedCase[], options: RunOptions): Promise<CaseResult[]> {
  const base = mkdtempSync(join(tmpdir(), 'tqmail-golden-'));
  chmodSync(base, 0o755);
  const pool = new Pool();
  const step = Math.max(1, Math.floor(cases.length / (options.ownProcesses ?? usualOwnProcesses)));
  const results: CaseResult[] = [];
  const left = cases.entries();
  const work = async (): Promise<void> => {
    for (const [index, test] of left) {
      const pooled = options.processes !== true && index % step !== 0;
      results[index] = await runCase(adapter, test, base, pooled ? pool : undefined, options.choices);
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

async function runCase(
  adapter: Adapter,
  test: RecordedCase,
  base: string,
  pool: Pool | undefined,
  choices: Choices,
): Promise<CaseResult> {
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
