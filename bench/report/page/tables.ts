/**
 * The tables of a report: medians with their spread, ratios, and every single run.
 * Rendering only.
 */
import type { ReportedResult, RunRow } from '../../result.js';
import { rounded } from '../../statistics.js';
import { escaped } from '../chart/scale.js';
import { columns, durability } from '../table.js';

export function medianTable({ results, ratios }: ReportedResult): string {
  const used = columns.filter(([name]) => results.some(({ median }) => median[name] !== undefined));
  const rows = results.map(({ name, version, durable, median, spread }) => {
    const cells = used.map(([figure]) => {
      const quarters = spread?.[figure];
      const between = quarters === undefined || quarters[0] === quarters[1] ? '' : `<small>${quarters.join(' – ')}</small>`;
      return `<td>${median[figure] ?? '–'}${between}</td>`;
    });
    return `<tr><th scope="row">${escaped(`${name} ${version}`.trim() + durability(durable))}</th>${cells.join('')}</tr>`;
  });
  const compared = Object.entries(ratios)
    .filter(([, figures]) => Object.keys(figures).length > 0)
    .map(([name, figures]) => {
      const cells = used.map(([figure]) => `<td>${figures[figure] ?? '–'}</td>`);
      return `<tr><th scope="row">tqmail / ${escaped(name)}</th>${cells.join('')}</tr>`;
    });
  return table(
    'Medians of the runs, below them the first and the third quartile; ratios of the medians.',
    used.map(([, title]) => title),
    [...rows, ...compared],
  );
}

export function runTable({ results }: ReportedResult): string {
  const used = columns.filter(([name]) => results.some(({ runs }) => runs.some((run) => numberOf(run, name) !== undefined)));
  const all = results.flatMap(({ name, runs }) => runs.map((run, index) => ({ name, run, number: index + 1 })));
  // As they were made: whether candidates really took turns is to be seen.
  const known = all.length > 0 && all.every(({ run }) => run.begun !== undefined);
  if (known) all.sort((a, b) => ((a.run.begun ?? '') < (b.run.begun ?? '') ? -1 : 1));
  const rows = all.map(({ name, run, number }) => {
    const cells = used.map(([figure]) => {
      const value = numberOf(run, figure);
      return `<td>${value === undefined ? '–' : rounded(value)}</td>`;
    });
    const remark = run.ok ? '' : ` <small>${escaped(run.error ?? 'failed')}</small>`;
    const begun = known ? `<td>${escaped((run.begun ?? '').slice(11, 19))}</td>` : '';
    return `<tr><th scope="row">${escaped(name)} ${number}${remark}</th>${begun}${cells.join('')}</tr>`;
  });
  return table(
    known
      ? 'Every run, in the order in which they were made; begun: UTC.'
      : 'Every run, in the order of the candidates; they took turns.',
    [...(known ? ['begun'] : []), ...used.map(([, title]) => title)],
    rows,
  );
}

function numberOf(run: RunRow, name: string): number | undefined {
  const value = run[name as keyof RunRow];
  return typeof value === 'number' ? value : undefined;
}

function table(caption: string, titles: readonly string[], rows: readonly string[]): string {
  const head = ['', ...titles].map((title) => `<th scope="col">${escaped(title)}</th>`).join('');
  // Not a caption: that is as wide as the table, and goes out of sight with it.
  return `<p class="faint small">${escaped(caption)}</p>
<div class="wide" tabindex="0" role="region" aria-label="${escaped(caption)}"><table><thead><tr>${head}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}
