/**
 * The report of one result: a page that needs nothing else, read from disk, without network and without script.
 * The verdict of the ledger comes first: figures of a server that loses mail are worth nothing.
 */
import { busyWords, machineWords } from '../machine.js';
import type { BenchResult, ReportedResult } from '../result.js';
import { escaped } from './chart/scale.js';
import { chartStyle } from './chart/style.js';
import { courseCharts, figureCharts, latencyChart, ratioCharts } from './page/charts.js';
import { scenarioWords } from './page/scenario-words.js';
import { pageStyle } from './page/style.js';
import { medianTable, runTable } from './page/tables.js';
import type { KeptResult } from './read-result.js';
import { verdicts } from './table.js';

export function reportPage(result: KeptResult): string {
  return pageOf({ ...result, work: result.work ?? workOf(result), load: result.load ?? loadOf(result) });
}

function workOf({ options, scenario }: BenchResult): string {
  const { n, size, sessions, rcpts, warmup, group, keep, pipelining } = options;
  if (n === undefined || size === undefined) return scenario;
  const words = [`${n} messages of ${size} octets`, `${sessions} sessions`];
  words.push(rcpts === 1 ? 'one recipient a message' : `${rcpts} recipients a message, ${group || 'any number'} a transaction`);
  if (keep === false) words.push('a connection a message');
  if (pipelining !== undefined) words.push(`pipelining ${pipelining}`);
  if (warmup > 0) words.push(`after ${warmup} that warm it up`);
  return words.join(', ');
}

/** What made the load, and what became of it. */
function loadOf({ scenario, options }: BenchResult): string {
  const source = options.load === 'tqmail' ? 'tqmail source' : 'smtp-source';
  if (scenario === 'source') return 'each source in turn, into the same sink';
  if (scenario === 'sink') return `${source}; what was accepted is compared with what each sink says it took, where it does`;
  if (scenario === 'accept' || scenario === 'backlog')
    return `${source}; all is held while the clock runs, then let go and accounted for, where the bench can let it go`;
  return options.load === 'tqmail'
    ? 'tqmail source and sink, every message accounted for'
    : 'smtp-source and smtp-sink, arrivals counted';
}

export function pageOf(result: ReportedResult): string {
  const { scenario, options, date } = result;
  const work = `${result.work}, ${options.runs === 1 ? 'one run' : `${options.runs} runs`} a candidate`;
  const what = scenarioWords(scenario);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>tqmail bench: ${escaped(scenario)}</title><style>${pageStyle}${chartStyle}</style></head><body><main>
<h1>Bench: ${escaped(scenario)}</h1>
${what === '' ? '' : `<p>${escaped(what)}</p>\n`}<p class="faint">${escaped(work)}. ${escaped(date.slice(0, 16).replace('T', ' '))} UTC</p>
${verdict(result)}
${section('Ratios', charts(ratioCharts(result)))}
${section('Figures', charts(figureCharts(result)) + medianTable(result))}
${section('Latency', charts(latencyChart(result)))}
${section('How the middle run went', charts(courseCharts(result)))}
${section('Single runs', runTable(result))}
${section('How it was measured', circumstances(result))}
</main></body></html>
`;
}

function verdict(result: ReportedResult): string {
  const good = result.results.every(({ ok }) => ok);
  const lines = verdicts(result).map((line) => `<p>${escaped(line.replace(/^ledger +/, ''))}</p>`);
  const failed = result.results.flatMap(({ name, error }) =>
    error === undefined ? [] : [`<p>${escaped(`${name}: ${error}`)}</p>`],
  );
  const judged = result.results.some(({ runs }) => runs.some(({ lost }) => lost !== undefined));
  const well = judged || result.scenario === 'pop3' ? 'Every run was sound.' : 'Every message was accepted.';
  const head = good ? well : 'Not every run was sound.';
  const busy = busyWords(result.machine);
  if (busy !== '') failed.push(`<p>${escaped(busy)}</p>`);
  return `<div class="verdict${good ? '' : ' bad'}"><p><strong>${head}</strong></p>${[...lines, ...failed].join('')}</div>`;
}

function section(title: string, content: string): string {
  return content === '' ? '' : `<section><h2>${title}</h2>${content}</section>`;
}

function charts(drawn: readonly string[]): string {
  return drawn.length === 0 ? '' : `<div class="charts">${drawn.map((svg) => `<figure>${svg}</figure>`).join('\n')}</div>`;
}

function circumstances({ scenario, machine, results, skipped, load, command }: ReportedResult): string {
  const rows: (readonly [string, string])[] = [
    ['machine', machineWords(machine)],
    ...(machine.busyBefore === undefined ? [] : [['before', `${Math.round(machine.busyBefore * 100)} % busy`] as const]),
    ...results.map(
      ({ name, version, durable }) =>
        [name, `${version || 'no version'}${scenario === 'pop3' ? '' : `; ${promise(durable)}`}`] as const,
    ),
    ...skipped.map(({ name, why }) => [name, `skipped: ${why}`] as const),
    ['load made by', load],
    ['turns', `candidates took turns (A B A B …); ${measuredOf(scenario)}`],
  ];
  const list = rows.map(([name, text]) => `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`).join('');
  return `<dl>${list}</dl>${command === undefined ? '' : `<pre><code>${escaped(command)}</code></pre>`}`;
}

function measuredOf(scenario: string): string {
  return scenario === 'source'
    ? 'CPU is that of the source from its start to its end, the sink not counted'
    : 'CPU and memory are those of the whole process tree, the load tools not counted';
}

function promise(durable: boolean | null): string {
  return durable === null ? 'what its 250 means is not known' : durable ? 'on disk before its 250' : 'not on disk before its 250';
}
