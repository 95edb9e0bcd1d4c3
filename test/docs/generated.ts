/**
 * The generated parts of docs/: which file holds which, between its marks, and how each is made from the sources.
 * `npm run docs` writes them; a test compares them.
 */
import { readFileSync } from 'node:fs';
import { benchmarkTables } from '../../bench/report/benchmarks-page.js';
import { parseLedger } from '../../bench/report/ledger.js';
import { cpuChart, speedChart } from '../../bench/report/ledger-charts.js';
import { sends } from '../../src/actors/messages.js';
import { filesBelow, root } from '../runner/tree.js';
import { actorDiagram, inboxes } from './actor-diagram.js';
import { controlEntries, verbSections } from './man/parts.js';
import { rfcTable } from './rfc-table.js';

interface Part {
  readonly file: string;
  readonly mark: string;
  make(): string;
}

const benchEntries = () => parseLedger(readFileSync(`${root}/bench/ledger.jsonl`, 'utf8'));

/** Files that are generated from their first octet to their last. */
export const wholeFiles: readonly { readonly file: string; make(): string }[] = [
  { file: 'docs/charts/speed.svg', make: () => speedChart(benchEntries()) },
  { file: 'docs/charts/cpu.svg', make: () => cpuChart(benchEntries()) },
];

export const parts: readonly Part[] = [
  {
    file: 'docs/architecture.md',
    mark: 'actors',
    make: () => `\`\`\`text\n${actorDiagram(sends, inboxes(readFileSync(`${root}/src/actors/messages.ts`, 'utf8')))}\n\`\`\``,
  },
  {
    file: 'docs/rfc.md',
    mark: 'sections',
    make: () =>
      `\n${rfcTable(filesBelow('src', '.ts').map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') })))}\n`,
  },
  {
    file: 'docs/benchmarks.md',
    mark: 'benchmarks',
    make: () => benchmarkTables(benchEntries()),
  },
  { file: 'docs/man/tqmail.8.md', mark: 'verbs', make: verbSections },
  {
    file: 'docs/man/qmail-control.5.md',
    mark: 'control files',
    make: () => controlEntries(readFileSync(`${root}/docs/control/README.md`, 'utf8')),
  },
];

/** The text of a file with one part made anew. Throws when the marks are missing. */
export function renewed({ file, mark, make }: Part, text: string): string {
  const begin = `<!-- generated: ${mark} (npm run docs) -->`;
  const end = `<!-- end: ${mark} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file}: no "${begin}" … "${end}"`);
  return `${text.slice(0, from + begin.length)}\n${make()}\n${text.slice(to)}`;
}
