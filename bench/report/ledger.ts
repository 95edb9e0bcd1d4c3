/**
 * The bench ledger: one JSON line a run set, kept in the repository, from which docs/benchmarks.md is made.
 * Only medians and ratios stand in it, with what they were measured on.
 */
import type { Machine } from '../machine.js';
import type { BenchResult, Figures, Spread } from '../result.js';

export interface LedgerEntry {
  readonly date: string;
  readonly scenario: string;
  readonly machine: Machine;
  readonly options: Readonly<Record<string, unknown>>;
  readonly results: readonly {
    readonly name: string;
    readonly version: string;
    readonly durable: boolean | null;
    readonly ok: boolean;
    readonly median: Figures;
    readonly spread?: Spread;
  }[];
  readonly ratios: Readonly<Record<string, Figures>>;
}

export function ledgerLine(result: BenchResult): string {
  const { json: _json, report: _report, ledger: _ledger, ...options } = result.options;
  const results = result.results.map(({ runs: _runs, error: _error, ...kept }) => kept);
  const entry: LedgerEntry = {
    date: result.date,
    scenario: result.scenario,
    machine: result.machine,
    options: { ...options },
    results,
    ratios: result.ratios,
  };
  return `${JSON.stringify(entry)}\n`;
}

/** Reads a ledger's text; throws on a damaged line, naming it. */
export function parseLedger(text: string): LedgerEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      try {
        return JSON.parse(line) as LedgerEntry;
      } catch {
        throw new Error(`bench/ledger.jsonl line ${index + 1} is not JSON: remove or repair it`);
      }
    });
}

/** Scenarios in which Postfix was once restarted just when its queue was let go, and so showed a fifth of what it can. */
const onceUnfair = new Set(['drain', 'storm']);

/** False for what was measured in a way that has been mended since: it stays in the ledger and is published no more. */
export function isPublished({ scenario, options }: LedgerEntry): boolean {
  // The warm-up came with the mending.
  return !(onceUnfair.has(scenario) && options.warmup === undefined);
}
