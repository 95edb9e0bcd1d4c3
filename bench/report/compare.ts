/**
 * Two results of one scenario side by side: what changed, and whether the change is larger than the runs differ anyway.
 * Rendering only.
 */
import type { BenchResult, CandidateResult } from '../result.js';
import { ratio, rounded } from '../statistics.js';
import { aligned, columns } from './table.js';

export function compareResults(before: BenchResult, after: BenchResult): string {
  const lines = [`${before.scenario} of ${before.date.slice(0, 16)} against ${after.scenario} of ${after.date.slice(0, 16)}`];
  const differing = differences(before, after);
  if (differing.length > 0) lines.push(`NOT THE SAME WORK OR MACHINE: ${differing.join(', ')}`);
  for (const theirs of after.results) {
    const ours = before.results.find(({ name }) => name === theirs.name);
    if (ours !== undefined) lines.push('', ...candidateLines(ours, theirs));
  }
  return `${lines.join('\n')}\n`;
}

function candidateLines(before: CandidateResult, after: CandidateResult): string[] {
  const rows = [[`${after.name}`, 'before', 'after', 'after / before', '']];
  for (const [name, title] of columns) {
    const [old, now] = [before.median[name], after.median[name]];
    if (old === undefined || now === undefined) continue;
    const change = ratio(now, old);
    rows.push([title, `${old}`, `${now}`, change === undefined ? '-' : `${rounded(change)}`, overlap(before, after, name)]);
  }
  const failed = [before, after].map(({ ok }) => ok).every((ok) => ok) ? [] : ['runs failed: see the JSON files'];
  return [...aligned(rows), ...failed];
}

/** The middle halves of the runs touch: the difference may be chance. */
function overlap(before: CandidateResult, after: CandidateResult, name: string): string {
  const [a, b] = [before.spread?.[name], after.spread?.[name]];
  if (a === undefined || b === undefined || before.runs.length < 2 || after.runs.length < 2) return 'one run only';
  return a[0] <= b[1] && b[0] <= a[1] ? 'within the spread' : 'beyond the spread';
}

/** Whatever makes two results incomparable. */
function differences(before: BenchResult, after: BenchResult): string[] {
  const found: string[] = [];
  for (const name of ['n', 'size', 'sessions', 'keep', 'rcpts', 'group', 'pipelining', 'load'] as const) {
    if (before.options[name] !== after.options[name]) found.push(`${name} ${before.options[name]} and ${after.options[name]}`);
  }
  for (const name of ['cpu', 'cores', 'kernel'] as const) {
    if (before.machine[name] !== after.machine[name]) found.push(name);
  }
  return found;
}
