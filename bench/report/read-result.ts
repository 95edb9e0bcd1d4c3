/**
 * A file that `--json` wrote, read back: of a scenario, of pop3, or of launchers, which has medians alone.
 * It checks the shape and no figure.
 */
import { readFileSync } from 'node:fs';
import { reason } from '../../src/cli/complain.js';
import { UsageError } from '../options.js';
import type { BenchResult, CandidateResult, ReportedResult } from '../result.js';

/** What every result has; the words of a report are there when the file has them. */
export type KeptResult = BenchResult & Partial<Pick<ReportedResult, 'work' | 'load'>>;

type Loose = Readonly<Record<string, unknown>>;

/** Throws UsageError, with the file's name, when it cannot be read or is something else. */
export function readResult(file: string): KeptResult {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof SyntaxError ? error.message : reason(error)}`);
  }
  const wrong = isRecord(read) ? wrongIn(read) : 'no object';
  if (wrong !== '') throw new UsageError(`${file}: not a result of the bench: ${wrong}`);
  const { results, ...rest } = read as BenchResult;
  return { ...rest, skipped: rest.skipped ?? [], ratios: rest.ratios ?? {}, results: results.map(withRuns) };
}

function withRuns(candidate: CandidateResult): CandidateResult {
  return { ...candidate, version: candidate.version ?? '', durable: candidate.durable ?? null, runs: candidate.runs ?? [] };
}

/** Empty when nothing is. */
function wrongIn({ scenario, date, machine, options, results }: Loose): string {
  if (typeof scenario !== 'string') return 'no scenario';
  if (typeof date !== 'string') return 'no date';
  if (!isRecord(machine)) return 'no machine';
  if (!isRecord(options)) return 'no options';
  if (!Array.isArray(results) || results.length === 0) return 'no results';
  const wrong = results.findIndex((one: unknown) => !isRecord(one) || typeof one.name !== 'string' || !isRecord(one.median));
  if (wrong !== -1) return `result ${wrong + 1} has no name or no medians`;
  return '';
}

function isRecord(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
