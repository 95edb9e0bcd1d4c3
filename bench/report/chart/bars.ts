/**
 * Horizontal bars as SVG: a label, a bar, a value behind it, and a whisker over the middle half of the runs.
 * Rendering only.
 */
import { escaped, linearScale, readable } from './scale.js';
import { seriesCount } from './style.js';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** In place of the value. */
  readonly text?: string;
  readonly spread?: readonly [number, number];
  /** Colour, from 0. */
  readonly series: number;
}

export interface BarChart {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** A line across at this value. */
  readonly mark?: number;
}

const width = 420;
/** Room for a value. */
const textWidth = 56;
const [left, right, top, rowHeight] = [6, 84, 28, 40];

export function barChart({ title, bars, mark }: BarChart): string {
  const height = top + bars.length * rowHeight + 4;
  const highest = Math.max(0, mark ?? 0, ...bars.map(({ value, spread }) => Math.max(value, spread?.[1] ?? 0)));
  const scale = linearScale(highest);
  const x = (value: number): number => Math.round((left + scale.place(value) * (width - left - right)) * 10) / 10;
  const rows = bars.map((bar, index) => row(bar, top + index * rowHeight, x, mark === undefined ? undefined : x(mark)));
  // Across the bars alone, not through the words between them.
  const strokes = bars.map((_, index) => `M${x(mark ?? 0)} ${top + index * rowHeight + 17}v18`).join('');
  const line = mark === undefined ? '' : `<path class="mark" d="${strokes}"/>`;
  const spoken = `${title}: ${bars.map((bar) => `${bar.label} ${bar.text ?? readable(bar.value)}`).join(', ')}`;
  return `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(spoken)}">
<text class="title" x="${left}" y="16">${escaped(title)}</text>
${rows.join('\n')}${line}
</svg>`;
}

function row(bar: Bar, y: number, x: (value: number) => number, mark: number | undefined): string {
  const [from, to] = [x(0), x(bar.value)];
  const [low, high] = bar.spread ?? [bar.value, bar.value];
  const middle = y + 26;
  const whisker = low === high ? '' : `<path class="whisker" d="M${x(low)} ${middle - 4}v8m0-4H${x(high)}m0-4v8"/>`;
  const behind = Math.max(to, x(high)) + 6;
  // Not across the mark.
  const end = mark !== undefined && mark > behind - 4 && mark < behind + textWidth ? mark + 6 : behind;
  return `<text x="${from}" y="${y + 14}">${escaped(bar.label)}</text>
<rect class="f${bar.series % seriesCount}" x="${from}" y="${y + 19}" width="${Math.max(1, to - from)}" height="14" rx="2"/>${whisker}
<text x="${end}" y="${y + 30}">${escaped(bar.text ?? readable(bar.value))}</text>`;
}
