/**
 * What a soak has found so far: a row a fault, in a file as JSON and Markdown, so that a run which was ended can go on.
 * Adds up and writes; runs nothing.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { addedUp, mostTwice, type StrikeRow } from '../kill/rounds.js';

/** What one lot of rounds adds. */
export interface Found {
  readonly rows: readonly StrikeRow[];
  /** Arrivals with other octets than were sent. */
  readonly altered: number;
  /** Second copies that no fault explains. */
  readonly unexplained: number;
}

export interface SoakRecord extends Found {
  readonly seconds: number;
  /** Lots that came to no verdict, and why. */
  readonly failures: readonly string[];
}

export const empty: SoakRecord = { rows: [], altered: 0, unexplained: 0, seconds: 0, failures: [] };

export function added(record: SoakRecord, found: Found, seconds: number): SoakRecord {
  return {
    rows: addedUp([...record.rows, ...found.rows]),
    altered: record.altered + found.altered,
    unexplained: record.unexplained + found.unexplained,
    seconds: Math.round(10 * (record.seconds + seconds)) / 10,
    failures: record.failures,
  };
}

export function failed(record: SoakRecord, why: string, seconds: number): SoakRecord {
  return { ...added(record, empty, seconds), failures: [...record.failures, why] };
}

/** Nothing lost, altered or delivered locally twice, and no more doubled at the next hop than a fault can. */
export function isGood(record: SoakRecord): boolean {
  const { rows, altered, unexplained, failures } = record;
  return (
    altered + unexplained + failures.length === 0 &&
    rows.every((row) => row.lost + row.twiceLocal === 0 && row.mostTwice <= mostTwice)
  );
}

const why = ({ twice, mostTwice: most }: StrikeRow): string =>
  twice === 0 ? '' : `taken there, not yet on disk here; at most ${most} after one fault`;

const heads = ['fault', 'rounds', 'accepted', 'lost', 'twice locally', 'twice at the next hop', 'why'] as const;

function cells(row: StrikeRow): string[] {
  return [row.fault, ...[row.rounds, row.accepted, row.lost, row.twiceLocal, row.twice].map(String), why(row)];
}

function total(rows: readonly StrikeRow[]): StrikeRow {
  const [sum] = addedUp(rows.map((row) => ({ ...row, fault: 'together' })));
  return sum ?? { fault: 'together', rounds: 0, accepted: 0, lost: 0, twiceLocal: 0, inFlight: 0, twice: 0, mostTwice: 0 };
}

/** The table for people; Markdown with `bars`. */
export function tableOf(record: SoakRecord): string {
  const lines = [[...heads], ...[...record.rows, total(record.rows)].map(cells)];
  const widths = heads.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  const [head = '', ...body] = lines.map((line) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`);
  const rule = `|${widths.map((width, at) => (at > 0 && at < 6 ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  const notes = [
    'A message has two recipients, one local and one at the next hop; it counts with the fault that ended its round.',
    `Altered: ${record.altered}. Second copies without a fault before them: ${record.unexplained}. ${record.seconds} s.`,
    ...record.failures.map((text) => `Without a verdict: ${text}`),
  ];
  return `${[head, rule, ...body, '', ...notes].join('\n')}\n`;
}

/** What an earlier run left in the file; throws when that is something else. */
export function read(file: string): SoakRecord {
  if (!existsSync(file)) return empty;
  const record = JSON.parse(readFileSync(file, 'utf8')) as Partial<SoakRecord>;
  if (!Array.isArray(record.rows)) throw new Error(`${file} is no record of a soak`);
  return { ...empty, ...record };
}

/** Writes FILE, and the table beside it as FILE with .md in place of .json. */
export function write(file: string, record: SoakRecord): void {
  replace(file, `${JSON.stringify(record, undefined, 2)}\n`);
  replace(`${file.replace(/\.json$/, '')}.md`, tableOf(record));
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
