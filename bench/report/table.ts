/**
 * The result as a table for people: a line a candidate with its medians, then our ratios to each peer.
 * Rendering only.
 */
import type { BenchResult, CandidateResult, Figures } from '../result.js';

/** Figures shown, with their column titles, in order; columns that nobody measured are left out. */
export const columns: readonly (readonly [string, string])[] = [
  ['perSecond', 'per s'],
  ['mbPerSecond', 'MB/s'],
  ['acceptPerSecond', 'accept/s'],
  ['p50Ms', 'p50 ms'],
  ['p90Ms', 'p90 ms'],
  ['p99Ms', 'p99 ms'],
  ['cpuPer1000', 'CPU s/1000'],
  ['peakMiB', 'peak MiB'],
  ['emptyPerSecond', 'empty/s'],
  ['prefillPerSecond', 'prefill/s'],
  ['startSeconds', 'start s'],
  ['residentMiB', 'resident MiB'],
  ['lost', 'lost'],
  ['duplicate', 'twice'],
  ['altered', 'altered'],
  ['ms', 'ms'],
  ['timesNode', '× node -e 0'],
];

export function resultTable(result: BenchResult): string {
  const { options } = result;
  const used = columns.filter(([name]) => result.results.some(({ median }) => median[name] !== undefined));
  const rows = [['', ...used.map(([, title]) => title)]];
  for (const candidate of result.results) rows.push([label(candidate), ...cells(candidate.median, used)]);
  for (const [name, figures] of Object.entries(result.ratios)) {
    if (Object.keys(figures).length > 0) rows.push([`tqmail / ${name}`, ...cells(figures, used)]);
  }
  const head = `${result.scenario}: ${options.n} messages of ${options.size} octets, ${options.sessions} sessions, keep ${options.keep ? 1 : 0}, ${options.rcpts} recipients, ${options.runs} runs, load ${options.load}`;
  return [head, ...aligned(rows), ...remarks(result)].map((line) => `${line}\n`).join('');
}

function label(candidate: CandidateResult): string {
  return `${candidate.name}${candidate.version === '' ? '' : ` ${candidate.version}`}${candidate.durable ? '' : ' (not durable)'}`;
}

function cells(figures: Figures, used: readonly (readonly [string, string])[]): string[] {
  return used.map(([name]) => (figures[name] === undefined ? '-' : `${figures[name]}`));
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  );
}

function remarks(result: BenchResult): string[] {
  const lines = result.skipped.map(({ name, why }) => `skipped ${name}: ${why}`);
  for (const { name, ok, error, runs } of result.results) {
    const bad = runs.filter((run) => !run.ok).length;
    if (!ok) lines.push(`failed  ${name}: ${bad} of ${runs.length} runs: ${error ?? 'no run'}`);
  }
  return lines;
}
