/**
 * Lines over a common axis as SVG, with a legend.
 * Rendering only.
 */
import { escaped, linearScale, logScale, readable, type Scale } from './scale.js';
import { seriesCount } from './style.js';

export interface Line {
  readonly name: string;
  readonly series: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly below: string;
  readonly logarithmic?: boolean;
  /** Own ticks of the lower axis, with their names; without them the axis begins at 0. */
  readonly along?: { readonly ticks: readonly (readonly [place: number, name: string])[] };
}

const [width, height] = [420, 250];
const [left, right, oneRow, bottom] = [52, 24, 46, 40];
/** A row of the legend beyond the first. */
const legendRow = 16;

export function lineChart(chart: LineChart): string {
  const { drawn: legend, rows } = legendOf(chart.lines);
  const top = oneRow + (rows - 1) * legendRow;
  const values = chart.lines.flatMap(({ points }) => points);
  const ys = values.map(([, y]) => y).filter((y) => !chart.logarithmic || y > 0);
  const upright = chart.logarithmic ? logScale(Math.min(...ys), Math.max(...ys)) : linearScale(Math.max(0, ...ys));
  const along = alongScale(chart, values);
  const x = (value: number): string => (left + along.place(value) * (width - left - right)).toFixed(1);
  const y = (value: number): string => (height - bottom - upright.place(value) * (height - top - bottom)).toFixed(1);
  const rules = upright.ticks.map(
    (tick) =>
      `<path class="rule" d="M${left} ${y(tick)}H${width - right}"/><text class="faint" text-anchor="end" x="${left - 6}" y="${Number(y(tick)) + 4}">${readable(tick)}</text>`,
  );
  const names = along.named.map(
    ([at, name]) => `<text class="faint" text-anchor="middle" x="${x(at)}" y="${height - bottom + 16}">${escaped(name)}</text>`,
  );
  const paths = chart.lines.map(({ points, series }) => {
    const d = points.map(([px, py], index) => `${index === 0 ? 'M' : 'L'}${x(px)} ${y(py)}`).join('');
    return `<path class="line l${series % seriesCount}" d="${d}"/>`;
  });
  const spoken = `${chart.title}; ${chart.lines.map(({ name }) => name).join(', ')}`;
  return `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(spoken)}">
<text class="title" x="6" y="16">${escaped(chart.title)}</text>
${legend}
${[...rules, ...names, ...paths].join('\n')}
<text class="faint" text-anchor="middle" x="${(left + width - right) / 2}" y="${height - 6}">${escaped(chart.below)}</text>
</svg>`;
}

interface Along extends Pick<Scale, 'place'> {
  readonly named: readonly (readonly [number, string])[];
}

function alongScale({ along }: LineChart, values: readonly (readonly [number, number])[]): Along {
  const end = Math.max(0, ...values.map(([x]) => x));
  if (along === undefined) {
    const scale = linearScale(end);
    return { place: scale.place, named: scale.ticks.map((tick) => [tick, readable(tick)] as const) };
  }
  const last = Math.max(end, ...along.ticks.map(([place]) => place), 1e-9);
  return { place: (value) => Math.min(1, Math.max(0, value / last)), named: along.ticks };
}

/** Names one after another, on so many rows as they need. */
function legendOf(lines: readonly Line[]): { readonly drawn: string; readonly rows: number } {
  let [at, rows] = [6, 1];
  const drawn = lines.map(({ name, series }) => {
    // Wide enough for any common font.
    const wide = 40 + name.length * 7.5;
    if (at > 6 && at + wide > width) [at, rows] = [6, rows + 1];
    const [begin, y] = [at, 31 + (rows - 1) * legendRow];
    at += wide;
    return `<path class="line l${series % seriesCount}" d="M${begin} ${y}h20"/><text x="${begin + 25}" y="${y + 4}">${escaped(name)}</text>`;
  });
  return { drawn: drawn.join(''), rows };
}
