/**
 * What people read of a result: the page, the comparison, and that figures of lost mail are in neither.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parseBenchOptions, scenarios } from '../../bench/options.js';
import { linearScale, logScale, readable } from '../../bench/report/chart/scale.js';
import { compareResults } from '../../bench/report/compare.js';
import { reportPage } from '../../bench/report/page.js';
import { readResult } from '../../bench/report/read-result.js';
import { resultTable } from '../../bench/report/table.js';
import { type BenchResult, medians, type RunRow, spreads, withoutFigures } from '../../bench/result.js';
import { quartiles } from '../../bench/statistics.js';

function sound(perSecond: number): RunRow {
  const timeline = [0, 1, 2].map((t) => ({ t, accepted: t * 100, arrived: t * 90, cpu: t / 2, mib: 50 + t }));
  const hdr = [
    [0, 1],
    [50, 2],
    [99.21875, 9],
    [100, 11],
  ] as const;
  return { ok: true, perSecond, cpuPer1000: 1, p50Ms: 2, p99Ms: 9, lost: 0, duplicate: 0, altered: 0, hdr, timeline };
}

function result(rows: readonly RunRow[]): BenchResult {
  const of = (name: string, durable: boolean | null, runs: readonly RunRow[]) => {
    const error = runs.find((run) => run.error !== undefined)?.error;
    const judged = { name, version: '1', durable, ok: error === undefined, runs, median: medians(runs), spread: spreads(runs) };
    return error === undefined ? judged : { ...judged, error };
  };
  return {
    scenario: 'relay',
    options: parseBenchOptions(['relay']),
    date: '2026-01-01T00:00:00.000Z',
    machine: { cpu: 'some & <cpu>', cores: 2, memoryGiB: 4, kernel: 'Linux', node: '20' },
    results: [of('tqmail', true, rows), of('postfix', null, [sound(50), sound(60)])],
    skipped: [{ name: 'haraka', why: 'not installed' }],
    ratios: { postfix: { perSecond: 2 } },
    command: 'npm run bench -- relay',
  };
}

const lossy = withoutFigures({ ...sound(9_999), ok: false, error: '1 lost', lost: 1, arrived: 3 });

test('a run that lost mail keeps its counts and nothing else', () => {
  assert.deepEqual(lossy, { ok: false, error: '1 lost', arrived: 3, lost: 1, duplicate: 0, altered: 0 });
  assert.equal(withoutFigures(sound(5)).perSecond, 5);
  assert.equal(withoutFigures({ ...sound(5), duplicate: 2 }).perSecond, undefined);
});

test('quartiles and spread', () => {
  assert.equal(quartiles([]), undefined);
  assert.deepEqual(quartiles([4, 1, 3, 2, 5]), [2, 4]);
  assert.deepEqual(quartiles([1, 2]), [1.25, 1.75]);
  assert.deepEqual(spreads([sound(10), sound(20), lossy]).perSecond, [12.5, 17.5]);
});

test('the verdict is the first thing in the table and on the page', () => {
  const table = resultTable(result([sound(100), lossy])).split('\n');
  assert.match(table[1] ?? '', /^ledger +tqmail: 1 lost, 0 twice, 0 altered: those runs have no figures$/);
  const verdict = (rows: readonly RunRow[]): string | undefined => resultTable(result(rows)).split('\n')[1];
  const [cut, refused] = [
    { ok: false, error: 'no' },
    { ...sound(1), ok: false, error: '3 refused' },
  ];
  assert.equal(verdict([sound(100), cut]), 'ledger  tqmail: nothing lost, doubled or altered in 1 of 2 runs');
  assert.equal(verdict([cut, cut]), 'ledger  tqmail: no run came to its end');
  assert.equal(verdict([refused]), 'ledger  tqmail: nothing lost, doubled or altered but no run counts');
  const { altered: _altered, ...counted } = sound(100);
  assert.equal(verdict([counted]), 'ledger  tqmail: as many arrived as were accepted, by count alone, in one run');
  const page = reportPage(result([sound(100), lossy]));
  assert.ok(page.indexOf('Not every run was sound') < page.indexOf('<h2>'));
  assert.equal(page.indexOf('9999'), -1);
  assert.match(reportPage(result([sound(100), sound(120)])), /Every run was sound/);
});

test('the page says what its scenario is', () => {
  for (const scenario of [...scenarios, 'pop3']) {
    const page = reportPage({ ...result([sound(100)]), scenario });
    assert.match(page, /<\/h1>\n<p>[A-Z].*\.<\/p>\n<p class="faint">/, scenario);
  }
});

test('the page needs nothing else and escapes what it is given', () => {
  const page = reportPage(result([sound(100), sound(120)]));
  assert.doesNotMatch(page, /<script|<link|<img|url\(|@import|(?:src|href)=/);
  assert.deepEqual([...new Set(page.match(/https?:[^"\s]+/g))], ['http://www.w3.org/2000/svg']);
  assert.match(page, /some &#38; &#60;cpu&#62;/);
  assert.match(page, /npm run bench -- relay/);
  assert.match(page, /skipped: not installed/);
  assert.match(page, /prefers-color-scheme:dark/);
  assert.match(page, /@media print/);
  // Ratios, throughput, CPU, latency, and five courses.
  assert.equal(page.match(/<svg /g)?.length, 9);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('a page of failed runs alone is still a page', () => {
  const page = reportPage(result([{ ok: false, error: 'it broke' }]));
  assert.match(page, /it broke/);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('a comparison says whether a change is larger than the spread', () => {
  const text = compareResults(result([sound(100), sound(104)]), result([sound(200), sound(204)]));
  assert.match(text, /per s +102 +202 +1\.98 +beyond the spread \(by chance 1 in 3\)/);
  assert.match(text, /p50 ms +2 +2 +1 +within the spread/);
  assert.doesNotMatch(text, /NOT THE SAME/);
  const [plain] = [result([sound(1)])];
  const other = {
    ...plain,
    options: parseBenchOptions(['relay', '--n', '7', '--peer', 'postfix', '--runs', '9', '--json', 'x', '--rules', 'flaky']),
    machine: { ...plain.machine, node: '22' },
    results: plain.results.map((one) => ({ ...one, version: '2' })).slice(0, 1),
  };
  const unlike = compareResults(plain, other);
  assert.match(unlike, /\nNOT THE SAME WORK OR MACHINE: n 10000 and 7, warmup 3000 and 0, rules, node 20 and 22\n/);
  assert.match(unlike, /\ntqmail \(1, then 2\) +before +after/);
  assert.match(unlike, /\nonly before: postfix\n$/);
});

test('a comparison knows what chance can do, and compares nothing with a server that lost mail', () => {
  const three = (first: number): BenchResult => result([sound(first), sound(first + 8), sound(first + 4)]);
  // The middle halves are apart, the runs are not.
  assert.match(compareResults(three(100), three(107)), /per s +104 +111 +1\.067 +within the spread/);
  assert.match(compareResults(three(100), three(109)), /per s +104 +113 +1\.087 +beyond the spread \(by chance 1 in 10\)/);
  const unsound = compareResults(three(100), result([sound(100), lossy, sound(104)]));
  assert.match(unsound, /\ntqmail: nothing to compare\n {2}after: 1 of 3 runs do not count: 1 lost\n/);
  assert.doesNotMatch(unsound.slice(0, unsound.indexOf('postfix')), /per s/);
});

test('runs stand in the order of time, and a busy machine is named', () => {
  const at = (row: RunRow, second: number): RunRow => ({ ...row, begun: `2026-01-01T00:00:0${second}.000Z` });
  const plain = result([at(sound(100), 1), at(sound(101), 3)]);
  const [ours, theirs] = plain.results;
  assert.ok(ours !== undefined && theirs !== undefined);
  const turns = { ...plain, results: [ours, { ...theirs, runs: [at(sound(50), 2), at(sound(60), 4)] }] };
  const page = reportPage({ ...turns, machine: { ...plain.machine, filesystem: 'tmpfs', fsyncMs: 0.01, busyBefore: 0.31 } });
  const rows = [...page.matchAll(/<th scope="row">(\w+ \d)<\/th><td>([\d:]+)<\/td>/g)].map(
    ([, name, begun]) => `${begun} ${name}`,
  );
  assert.deepEqual(rows, ['00:00:01 tqmail 1', '00:00:02 postfix 1', '00:00:03 tqmail 2', '00:00:04 postfix 2']);
  assert.match(page, /queues on tmpfs, 0\.01 ms for an fsync of 4 KiB/);
  const words = /the machine had other work: it was 31 % busy before the first run/;
  assert.match(page.slice(0, page.indexOf('<h2>')), words);
  assert.match(resultTable({ ...plain, machine: { ...plain.machine, busyBefore: 0.31 } }), words);
  assert.doesNotMatch(resultTable({ ...plain, machine: { ...plain.machine, busyBefore: 0.1 } }), /noise/);
});

test('scales have round ticks around all values', () => {
  assert.deepEqual(linearScale(37).ticks, [0, 10, 20, 30, 40]);
  assert.deepEqual(linearScale(0).ticks.at(-1), 1);
  assert.deepEqual(logScale(3, 250).ticks, [1, 10, 100, 1_000]);
  assert.equal(logScale(1, 100).place(10), 0.5);
  assert.deepEqual([readable(1_234_567), readable(0.12345)], ['1,234,567', '0.123']);
});

test('a kept result is read back whatever made it; what is none is named', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-result-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const kept = (content: unknown): string => {
    const file = path.join(folder, 'result.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const own = result([sound(100), sound(104)]);
  assert.equal(reportPage(readResult(kept(own))), reportPage(own));
  // As of launchers: medians alone.
  const { date, machine } = own;
  const bare = { scenario: 'launchers', date, machine, options: { runs: 1 }, results: [{ name: 'a', median: { ms: 3 } }] };
  const read = readResult(kept(bare));
  assert.doesNotMatch(reportPage(read), /NaN|undefined|Infinity/);
  assert.match(compareResults(read, read), /ms +3 +3 +1/);
  // As of pop3: with its own words.
  const page = reportPage(
    readResult(kept({ ...own, scenario: 'pop3', options: { runs: 2 }, work: 'some logins', load: 'clients' })),
  );
  assert.match(page, /some logins, 2 runs a candidate/);
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ['{', /result\.json: .*JSON/],
    ['[]', /result\.json: not a result of the bench: no object/],
    [{ ...own, date: undefined }, /not a result of the bench: no date/],
    [{ ...own, options: null }, /no options/],
    [{ ...own, results: [] }, /no results/],
    [{ ...own, results: [{ name: 'x' }] }, /result 1 has no name or no medians/],
  ];
  for (const [content, words] of wrong) assert.throws(() => readResult(kept(content)), words);
});

test('the page says what warmed a server up, and how its mail went', () => {
  const options = parseBenchOptions(['fanout', '--keep', '0', '--pipelining', '2']);
  const page = reportPage({ ...result([sound(100)]), options });
  assert.match(page, /100 recipients a message, 1 a transaction, a connection a message, pipelining 2, after 30 that warm it up/);
});

test('a course is drawn of the points that have its figure, in parts that can be told apart', () => {
  // Counts ten times a second for 20 s, processes looked at every second.
  const timeline = Array.from({ length: 201 }, (_, index) => {
    const counts = { t: index / 10, accepted: index * 10, arrived: index * 10 };
    return index % 10 === 0 ? { ...counts, cpu: index / 20, mib: 60 } : counts;
  });
  const page = reportPage(result([{ ...sound(100), timeline }]));
  const course = (title: string): string => new RegExp(`${title}.*?</svg>`, 's').exec(page)?.[0] ?? '';
  const points = (title: string): number =>
    /<path class="line l0" d="(M[^"]+L[^"]+)"/.exec(course(title))?.[1]?.split('L').length ?? 0;
  assert.equal(points('Cores in use'), 20);
  assert.equal(points('Arrived a second'), 50);
});
