/**
 * The charts of a report: ratios, throughput, latency by percentile, and how the middle run of each candidate went on.
 * Chooses figures; drawing is in ../chart.
 */
import type { CandidateResult, Figures, ReportedResult, RunRow, TimelinePoint } from '../../result.js';
import { type Bar, barChart } from '../chart/bars.js';
import { type Line, lineChart } from '../chart/lines.js';
import { readable } from '../chart/scale.js';
import { durability } from '../table.js';

/** Ratios that are drawn, with what to say of them. */
const drawnRatios: readonly (readonly [string, string, 'more' | 'less'])[] = [
  ['perSecond', 'messages a second', 'more'],
  ['perCore', 'messages a second of one core', 'more'],
  ['acceptPerSecond', 'accepted a second', 'more'],
  ['drainPerSecond', 'let go a second', 'more'],
  ['loginsPerSecond', 'logins a second', 'more'],
  ['loginCpuPer1000', 'CPU for a login', 'less'],
  ['retrPerSecond', 'messages fetched a second', 'more'],
  ['retrCpuPer1000', 'CPU for a message fetched', 'less'],
  ['cpuPer1000', 'CPU for a message', 'less'],
  ['peakMiB', 'peak memory', 'less'],
  ['p50Ms', 'median latency', 'less'],
  ['p99Ms', '99th percentile', 'less'],
  ['freshP99Ms', '99th percentile, new mail', 'less'],
  ['kept', 'kept beside the slow domain', 'more'],
];

export function ratioCharts({ ratios, results }: ReportedResult): string[] {
  return Object.entries(ratios)
    .map(([name, figures]) => ({ name, bars: ratioBars(figures) }))
    .filter(({ bars }) => bars.length > 0)
    .map(({ name, bars }) => {
      const durable = results.find((one) => one.name === name)?.durable ?? true;
      return barChart({ title: `tqmail / ${name}${durability(durable)}; line: equal`, bars, mark: 1 });
    });
}

function ratioBars(figures: Figures): Bar[] {
  return drawnRatios.flatMap(([figure, words, better]) => {
    const value = figures[figure];
    if (value === undefined) return [];
    const good = better === 'more' ? value >= 1 : value <= 1;
    return [{ label: `${words} (${better} is better)`, value, text: `${readable(value)} ×`, series: good ? 2 : 1 }];
  });
}

/** Figures of every candidate side by side. */
const sideBySide: readonly (readonly [string, string])[] = [
  ['perSecond', 'Messages a second'],
  ['loginsPerSecond', 'Logins a second'],
  ['retrPerSecond', 'Messages fetched a second'],
  ['cpuPer1000', 'CPU seconds for 1,000 messages'],
  ['peakMiB', 'Peak memory, MiB (PSS)'],
];

export function figureCharts({ results }: ReportedResult): string[] {
  return sideBySide.flatMap(([figure, words]) => {
    const bars = results.flatMap(({ name, median, spread, durable }, series): Bar[] => {
      const value = median[figure];
      const whisker = spread?.[figure];
      const label = `${name}${durability(durable)}`;
      return value === undefined ? [] : [{ label, value, series, ...(whisker === undefined ? {} : { spread: whisker }) }];
    });
    return bars.length === 0 ? [] : [barChart({ title: `${words} (median, quartiles)`, bars })];
  });
}

/** 0 % at the left; every further nine as far again. */
function percentilePlace(percent: number): number {
  return percent >= 100 ? Number.NaN : -Math.log10(1 - percent / 100);
}

const percentiles = [0, 50, 90, 99, 99.9];

export function latencyChart({ results, scenario }: ReportedResult): string[] {
  const lines = results.flatMap(({ name, runs }, series): Line[] => {
    const points = (middleRun(runs)?.hdr ?? [])
      .map(([percent, ms]) => [percentilePlace(percent), Math.max(ms, 0.001)] as const)
      .filter(([place]) => place <= 4);
    return points.length === 0 ? [] : [{ name, series, points }];
  });
  if (lines.length === 0) return [];
  const toArrival = scenario === 'latency' || scenario === 'storm';
  const title = toArrival ? 'Milliseconds from the 250 to the arrival' : 'Milliseconds from MAIL to the 250';
  const ticks = percentiles.map((percent) => [percentilePlace(percent), `${percent} %`] as const);
  return [lineChart({ title, lines, below: 'percentile', logarithmic: true, along: { ticks } })];
}

/** The run whose throughput is in the middle. */
function middleRun(runs: readonly RunRow[]): RunRow | undefined {
  const good = runs.filter(({ ok }) => ok).sort((a, b) => (a.perSecond ?? 0) - (b.perSecond ?? 0));
  return good[Math.floor((good.length - 1) / 2)];
}

type Course = (points: readonly TimelinePoint[]) => (readonly [number, number])[];

const courses: readonly (readonly [string, Course])[] = [
  ['Arrived a second', (points) => rates(points, ({ arrived }) => arrived)],
  ['Accepted a second', (points) => rates(points, ({ accepted }) => accepted)],
  ['Queue: accepted, not yet arrived', queueDepth],
  ['Cores in use', (points) => rates(points, ({ cpu }) => cpu)],
  ['Memory, MiB (PSS)', (points) => points.flatMap(({ t, mib }) => (mib === undefined ? [] : [[t, mib] as const]))],
];

export function courseCharts({ results }: ReportedResult): string[] {
  return courses.flatMap(([title, course]) => {
    const lines = results.flatMap((candidate, series) => courseLine(candidate, series, course));
    return lines.length === 0 ? [] : [lineChart({ title, lines, below: 'seconds' })];
  });
}

function courseLine({ name, runs }: CandidateResult, series: number, course: Course): Line[] {
  const points = course(middleRun(runs)?.timeline ?? []);
  return points.length < 2 ? [] : [{ name, series, points }];
}

/** Parts of a course: a rate is that of one of them. */
const parts = 60;
const shortestPart = 0.05;

/** Not every point has every figure. */
function rates(
  points: readonly TimelinePoint[],
  of: (point: TimelinePoint) => number | undefined,
): (readonly [number, number])[] {
  const known = points.flatMap((point) => {
    const value = of(point);
    return value === undefined ? [] : [{ t: point.t, value }];
  });
  // A little less: moments are decimal fractions.
  const least = 0.999 * Math.max(shortestPart, ((known.at(-1)?.t ?? 0) - (known[0]?.t ?? 0)) / parts);
  const found: (readonly [number, number])[] = [];
  let from = known[0];
  for (const to of known) {
    if (from === undefined || to.t - from.t < least) continue;
    found.push([to.t, Math.max(0, (to.value - from.value) / (to.t - from.t))]);
    from = to;
  }
  return found;
}

function queueDepth(points: readonly TimelinePoint[]): (readonly [number, number])[] {
  return points.flatMap(({ t, accepted, arrived }) =>
    accepted === undefined || arrived === undefined ? [] : [[t, Math.max(0, accepted - arrived)] as const],
  );
}
