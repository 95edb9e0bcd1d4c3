/**
 * The result as a table for people: a line a candidate with its medians, then our ratios to each peer.
 * Rendering only.
 */
import { busyWords } from '../machine.js';
import type { BenchResult, CandidateResult, Figures } from '../result.js';

/** Figures shown, with their column titles, in order; columns that nobody measured are left out. */
export const columns: readonly (readonly [string, string])[] = [
  ['perSecond', 'per s'],
  ['perCore', 'per core s'],
  ['mbPerSecond', 'MB/s'],
  ['acceptPerSecond', 'accept/s'],
  ['p50Ms', 'p50 ms'],
  ['p90Ms', 'p90 ms'],
  ['p99Ms', 'p99 ms'],
  ['freshP50Ms', 'new p50 ms'],
  ['freshP99Ms', 'new p99 ms'],
  ['loginsPerSecond', 'logins/s'],
  ['loginCpuPer1000', 'CPU s/1000 logins'],
  ['retrPerSecond', 'RETR/s'],
  ['retrCpuPer1000', 'CPU s/1000 RETR'],
  ['alonePerSecond', 'alone/s'],
  ['kept', 'kept'],
  ['cpuPer1000', 'CPU s/1000'],
  ['aloneMiB', 'alone MiB'],
  ['crowdMiB', 'crowd MiB'],
  ['peakMiB', 'peak MiB'],
  ['emptyPerSecond', 'empty/s'],
  ['prefillPerSecond', 'prefill/s'],
  ['drainPerSecond', 'drain/s'],
  ['startSeconds', 'start s'],
  ['residentMiB', 'resident MiB'],
  ['lost', 'lost'],
  ['duplicate', 'twice'],
  ['altered', 'altered'],
  ['provoked', 'provoked'],
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
  const warmup = options.warmup > 0 ? ` after ${options.warmup}` : '';
  const head = `${result.scenario}: ${options.n} messages${warmup} of ${options.size} octets, ${options.sessions} sessions, keep ${options.keep ? 1 : 0}, ${options.rcpts} recipients, ${options.runs} runs, load ${options.load}`;
  return [head, ...verdicts(result), ...aligned(rows), ...spreadLines(result), ...remarks(result)]
    .map((line) => `${line}\n`)
    .join('');
}

function label(candidate: CandidateResult): string {
  return `${candidate.name}${candidate.version === '' ? '' : ` ${candidate.version}`}${durability(candidate.durable)}`;
}

/** What a 250 of this server means, when it is not "on disk". */
export function durability(durable: boolean | null): string {
  return durable === null ? ' (durable: not known)' : durable ? '' : ' (not durable)';
}

function cells(figures: Figures, used: readonly (readonly [string, string])[]): string[] {
  return used.map(([name]) => (figures[name] === undefined ? '-' : `${figures[name]}`));
}

export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  );
}

/** First of all: was the mail intact. */
export function verdicts({ results, scenario }: Pick<BenchResult, 'results' | 'scenario'>): string[] {
  return results.map(({ name, runs }) => {
    const sound = runs.filter(({ ok }) => ok).length;
    const all = runs.length === 1 ? 'one run' : `${runs.length} runs`;
    const many = sound === runs.length ? all : `${sound} of ${all}`;
    if (scenario === 'pop3') return `ledger  ${name}: every login, UIDL and RETR was answered in full in ${many}`;
    const sum = (figure: 'lost' | 'duplicate' | 'altered' | 'provoked'): number =>
      runs.reduce((total, run) => total + (run[figure] ?? 0), 0);
    const [lost, duplicate, altered] = [sum('lost'), sum('duplicate'), sum('altered')];
    const provoked = sum('provoked');
    if (provoked > 0 && provoked === duplicate && lost + altered === 0)
      return `ledger  ${name}: nothing lost or altered; ${duplicate} came twice, all ${provoked} because the sink took them without an answer`;
    const judged = runs.some((run) => run.lost !== undefined);
    if (lost + duplicate + altered > 0)
      return `ledger  ${name}: ${lost} lost, ${duplicate} twice, ${altered} altered: those runs have no figures`;
    if (!judged && runs.every(({ ok }) => !ok)) return `ledger  ${name}: no run came to its end`;
    // A counter sees no contents, and one that is lost may hide one that came twice.
    const counted = runs.every((run) => run.altered === undefined);
    const intact = counted ? 'as many arrived as were accepted, by count alone,' : 'nothing lost, doubled or altered';
    if (sound === 0) return `ledger  ${name}: ${intact} but no run counts`;
    const unjudged = sound === runs.length ? 'all accepted, arrivals not judged' : 'arrivals not judged';
    return `ledger  ${name}: ${judged ? intact : unjudged} in ${many}`;
  });
}

/** The middle half of the runs, of the figure that counts most. */
function spreadLines({ results, options }: BenchResult): string[] {
  if (options.runs < 2) return [];
  return results.flatMap(({ name, median, spread }) => {
    const [[q1, q3], middle] = [spread?.perSecond ?? [0, 0], median.perSecond ?? 0];
    return middle === 0
      ? []
      : [`spread  ${name}: ${q1} to ${q3} per s, ${Math.round((100 * (q3 - q1)) / middle)} % of the median`];
  });
}

function remarks(result: BenchResult): string[] {
  const lines = result.skipped.map(({ name, why }) => `skipped ${name}: ${why}`);
  for (const { name, ok, error, runs } of result.results) {
    const bad = runs.filter((run) => !run.ok).length;
    if (!ok) lines.push(`failed  ${name}: ${bad} of ${runs.length} runs: ${error ?? 'no run'}`);
  }
  const busy = busyWords(result.machine);
  return busy === '' ? lines : [...lines, `noise   ${busy}`];
}
