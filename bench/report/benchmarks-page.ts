/**
 * The tables of docs/benchmarks.md, made from the bench ledger: of each kind of work on a machine the newest entry, however
 * long it was.
 * Rendering only: `npm run docs` writes the page, a test compares it.
 */
import { machineWords } from '../machine.js';
import type { Figures, Spread } from '../result.js';
import { isPublished, type LedgerEntry } from './ledger.js';
import { columns, durability } from './table.js';

/** What makes it another kind of work. */
const kind = ['size', 'sessions', 'keep', 'rcpts', 'group', 'pipelining', 'load'] as const;
const length = ['n', 'warmup', 'runs'] as const;

/** Markdown; a sentence when nothing was measured yet. */
export function benchmarkTables(entries: readonly LedgerEntry[]): string {
  const newest = new Map<string, LedgerEntry>();
  for (const entry of entries.filter(isPublished)) {
    const key = JSON.stringify([entry.scenario, entry.machine.cpu, entry.machine.cores, kind.map((name) => entry.options[name])]);
    const known = newest.get(key);
    if (known === undefined || known.date <= entry.date) newest.set(key, entry);
  }
  if (newest.size === 0)
    return '\nNothing is in the ledger yet: `npm run bench -- relay --peer postfix --ledger` adds the first entry.\n';
  const sorted = [...newest.values()].sort((a, b) =>
    a.scenario < b.scenario ? -1 : a.scenario > b.scenario ? 1 : a.date < b.date ? -1 : 1,
  );
  return `\n${sorted.map(section).join('\n')}`;
}

function section(entry: LedgerEntry): string {
  const { machine, options, results, ratios } = entry;
  const used = columns.filter(([name]) => results.some(({ median }) => median[name] !== undefined));
  const said = [...length, ...kind].filter((name) => options[name] !== undefined);
  const words = said.map((name) => `${name} ${options[name]}`).join(', ');
  const lines = [
    `### ${entry.scenario}, ${entry.date.slice(0, 10)}`,
    '',
    `${words}. ${machineWords(machine)}.`,
    '',
    `| | ${used.map(([, title]) => title).join(' | ')} |`,
    `|---|${used.map(() => '---:|').join('')}`,
  ];
  for (const { name, version, durable, ok, median, spread } of results) {
    const remarks = `${durability(durable)}${ok ? '' : ' (runs failed)'}`;
    lines.push(row(`${name} ${version}`.trim() + remarks, median, used, spread));
  }
  for (const [name, figures] of Object.entries(ratios)) lines.push(row(`**tqmail / ${name}**`, figures, used));
  return `${lines.join('\n')}\n`;
}

function row(label: string, figures: Figures, used: readonly (readonly [string, string])[], spread: Spread = {}): string {
  const cell = (name: string): string => {
    const [q1, q3] = name === 'perSecond' ? (spread[name] ?? []) : [];
    return `${figures[name] ?? '–'}${q1 === q3 ? '' : ` (${q1}–${q3})`}`;
  };
  return `| ${label} | ${used.map(([name]) => cell(name)).join(' | ')} |`;
}
