/**
 * The charts of the README, made from the bench ledger: our ratios to Postfix, the newest entry of each kind of
 * work (scenario, size of the messages, recipients, connections kept or not).
 * Rendering only: `npm run docs` writes the files, a test compares them.
 */
import { type Bar, barChart } from './chart/bars.js';
import { readable } from './chart/scale.js';
import { chartStyle } from './chart/style.js';
import { isPublished, type LedgerEntry } from './ledger.js';

const peer = 'postfix';
/** Here messages come at a planned rate, the same for all: it says nothing of a server. */
const planned = new Set(['latency']);

/** Deliveries a second (in accept and backlog: accepted), ours divided by Postfix's. */
export function speedChart(entries: readonly LedgerEntry[]): string {
  const raced = entries.filter(({ scenario }) => !planned.has(scenario));
  return standAlone(
    barChart({ title: 'Speed, tqmail / Postfix (line: equal; more is better)', bars: bars(raced, 'perSecond'), mark: 1 }),
  );
}

/** CPU for a delivery, ours divided by Postfix's. */
export function cpuChart(entries: readonly LedgerEntry[]): string {
  return standAlone(
    barChart({ title: 'CPU, tqmail / Postfix (line: equal; less is better)', bars: bars(entries, 'cpuPer1000'), mark: 1 }),
  );
}

function bars(entries: readonly LedgerEntry[], figure: string): Bar[] {
  const newest = new Map<string, LedgerEntry>();
  for (const entry of entries.filter(isPublished)) {
    const kind = kindOf(entry);
    const known = newest.get(kind);
    const whole = entry.ratios[peer]?.[figure] !== undefined && entry.results.every(({ ok }) => ok);
    if (whole && (known === undefined || known.date <= entry.date)) newest.set(kind, entry);
  }
  return [...newest.values()]
    .sort((a, b) => (kindOf(a) < kindOf(b) ? -1 : 1))
    .map(({ scenario, ratios, options }) => {
      const value = ratios[peer]?.[figure] ?? 0;
      const good = figure === 'perSecond' ? value >= 1 : value <= 1;
      return { label: `${scenario}, ${workload(options)}`, value, text: `${readable(value)} ×`, series: good ? 2 : 1 };
    });
}

/** Sorts by scenario, then by size. */
function kindOf({ scenario, options: { size, rcpts, keep } }: LedgerEntry): string {
  return [scenario, `${size}`.padStart(10), `${rcpts}`.padStart(6), keep ? 'kept' : 'new'].join();
}

function workload({ n, size, rcpts, keep, runs }: LedgerEntry['options']): string {
  const recipients = rcpts === 1 ? '' : ` for ${rcpts} each`;
  const connections = keep ? '' : ', a connection each';
  return `${n} × ${octets(Number(size))}${recipients}${connections}, ${runs === 1 ? '1 run' : `${runs} runs`}`;
}

function octets(size: number): string {
  const [mebi, kibi] = [1 << 20, 1 << 10];
  if (size > 0 && size % mebi === 0) return `${size / mebi} MiB`;
  return size > 0 && size % kibi === 0 ? `${size / kibi} KiB` : `${size} octets`;
}

/** A file of its own: with its style, and a background that suits both kinds of page. */
function standAlone(svg: string): string {
  const style = `<style>${chartStyle.trim()}</style>`;
  return `${svg.replace(/>/, ` width="560">${style}`)}\n`;
}
