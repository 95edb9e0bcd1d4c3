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
  const alone = [...onlyIn(before, after, 'before'), ...onlyIn(after, before, 'after')];
  return `${[...lines, ...(alone.length === 0 ? [] : ['', ...alone])].join('\n')}\n`;
}

function onlyIn(one: BenchResult, other: BenchResult, when: string): string[] {
  const missing = one.results.filter(({ name }) => !other.results.some((candidate) => candidate.name === name));
  return missing.map(({ name }) => `only ${when}: ${name}`);
}

function candidateLines(before: CandidateResult, after: CandidateResult): string[] {
  const version = before.version === after.version ? '' : ` (${before.version || '?'}, then ${after.version || '?'})`;
  const unsound = [...unsoundLines(before, 'before'), ...unsoundLines(after, 'after')];
  // What is left of a server that lost mail is no figure to boast of, nor to blame.
  if (unsound.length > 0) return [`${after.name}${version}: nothing to compare`, ...unsound];
  const rows = [[`${after.name}${version}`, 'before', 'after', 'after / before', '']];
  for (const [name, title] of columns) {
    const [old, now] = [before.median[name], after.median[name]];
    if (old === undefined || now === undefined) continue;
    const change = ratio(now, old);
    rows.push([title, `${old}`, `${now}`, change === undefined ? '-' : `${rounded(change)}`, judgement(before, after, name)]);
  }
  return aligned(rows);
}

function unsoundLines({ ok, runs, error }: CandidateResult, when: string): string[] {
  const bad = runs.filter((run) => !run.ok).length;
  // Kept medians of old do not say it.
  if (ok !== false && bad === 0) return [];
  return [`  ${when}: ${bad} of ${runs.length} runs do not count: ${error ?? 'failed'}`];
}

/** Counts of mail: they have no spread, and differ or do not. */
const counts = new Set(['lost', 'duplicate', 'altered', 'provoked']);

/** Whether any run before was as good as any after: then the difference may be chance. If none was: how often chance alone does that. */
function judgement(before: CandidateResult, after: CandidateResult, name: string): string {
  if (counts.has(name)) return '';
  const [a, b] = [valuesOf(before, name), valuesOf(after, name)];
  if (a.length < 2 || b.length < 2) return 'one run only';
  const apart = Math.max(...a) < Math.min(...b) || Math.max(...b) < Math.min(...a);
  return apart
    ? `beyond the spread (by chance 1 in ${Math.round(choices(a.length + b.length, a.length) / 2)})`
    : 'within the spread';
}

function valuesOf({ runs }: CandidateResult, name: string): number[] {
  const values = runs.map((run) => run[name as keyof typeof run]);
  return values.filter((value) => typeof value === 'number');
}

/** Ways to choose `some` of `all`: of as many orders of the runs two have all of one side first. */
function choices(all: number, some: number): number {
  let ways = 1;
  for (let index = 1; index <= some; index++) ways = (ways * (all - some + index)) / index;
  return ways;
}

/** What says nothing of the work or the machine, or is never twice the same. */
const elsewhere = new Set([
  'scenario',
  'peers',
  'runs',
  'timeout',
  'json',
  'report',
  'ledger',
  'sinkPort',
  'fsyncMs',
  'busyBefore',
]);

/** Whatever makes two results incomparable. */
function differences(before: BenchResult, after: BenchResult): string[] {
  const found = [...unequal(before.options, after.options), ...unequal(before.machine, after.machine)];
  return found
    .filter(({ name }) => !elsewhere.has(name))
    .map(({ name, values }) =>
      // A file of rules is no word.
      values.some((value) => value.includes('\n')) ? name : `${name} ${values.join(' and ')}`,
    );
}

function unequal(before: object, after: object): { readonly name: string; readonly values: readonly string[] }[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = [...new Set([...old.keys(), ...now.keys()])].filter((name) => (old.get(name) ?? 0) !== (now.get(name) ?? 0));
  // An older file may lack what is 0.
  return names.map((name) => ({ name, values: [old, now].map((all) => `${all.get(name) ?? 'not said'}`) }));
}
