/**
 * The arithmetic of results: medians, percentiles, ratios, and the shape of what other programs read.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parseBenchOptions } from '../../bench/options.js';
import { diskOf } from '../../bench/process/disk.js';
import { benchmarkTables } from '../../bench/report/benchmarks-page.js';
import { ledgerLine, parseLedger } from '../../bench/report/ledger.js';
import { cpuChart, speedChart } from '../../bench/report/ledger-charts.js';
import { resultTable } from '../../bench/report/table.js';
import { type BenchResult, medians, type RunRow, ratiosTo } from '../../bench/result.js';
import { median, percentile, ratio, rounded } from '../../bench/statistics.js';
import { LatencyHistogram } from '../../src/actors/source/latency.js';

test('median and percentile', () => {
  assert.equal(median([]), undefined);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(percentile([], 50), undefined);
  assert.equal(percentile([5, 1, 4, 2, 3], 50), 3);
  assert.equal(percentile([5, 1, 4, 2, 3], 99), 5);
  assert.equal(percentile([5, 1, 4, 2, 3], 0), 1);
});

test('a ratio is ours divided by theirs, and nothing where one is missing', () => {
  assert.equal(ratio(6, 3), 2);
  assert.equal(ratio(undefined, 3), undefined);
  assert.deepEqual([ratio(6, 0), ratio(0, 3), ratio(1, -0.1), ratio(-0.1, 1)], [undefined, 0, undefined, undefined]);
  assert.deepEqual(ratiosTo({ perSecond: 900, cpuPer1000: 1, lost: 0 }, { perSecond: 300, lost: 0 }), { perSecond: 3 });
  assert.equal(rounded(1234.5678), 1235);
});

test('medians leave out runs that failed, but not what was lost in them', () => {
  const runs: RunRow[] = [
    { ok: true, perSecond: 10, lost: 0 },
    { ok: true, perSecond: 30, lost: 0 },
    { ok: false, error: 'x', perSecond: 9_999, lost: 7 },
    { ok: true, perSecond: 20, lost: 0 },
  ];
  assert.deepEqual(medians(runs), { perSecond: 20, lost: 7 });
  assert.deepEqual(medians(runs.slice(0, 2)), { perSecond: 20, lost: 0 });
});

test('the histogram’s percentiles are at most 0.1 % off', () => {
  const histogram = new LatencyHistogram();
  assert.equal(histogram.figures(), undefined);
  for (let us = 1_000; us >= 1; us--) histogram.add(us * 10);
  const { p50, p90, p99, max } = histogram.figures() ?? { p50: 0, p90: 0, p99: 0, max: 0 };
  for (const [seen, truth] of [
    [p50, 5],
    [p90, 9],
    [p99, 9.9],
  ] as const) {
    assert.ok(Math.abs(seen - truth) <= truth * 0.001, `${seen} for ${truth}`);
  }
  assert.ok(Math.abs(max - 10) <= 0.01);
});

function example(): BenchResult {
  const options = parseBenchOptions(['relay', '--peer', 'postfix,haraka', '--json', 'out.json']);
  const row: RunRow = {
    ok: true,
    perSecond: 600,
    mbPerSecond: 2,
    p50Ms: 1,
    p99Ms: 2,
    acceptPerSecond: 700,
    cpuPer1000: 1.5,
    peakMiB: 90,
    lost: 0,
    duplicate: 0,
    altered: 0,
  };
  const ours = { name: 'tqmail', version: '1', durable: true, ok: true, runs: [row], median: medians([row]) };
  const theirs = {
    name: 'postfix',
    version: '3',
    durable: true,
    ok: false,
    error: 'it broke',
    runs: [{ ok: false, error: 'it broke' }],
    median: { perSecond: 300, cpuPer1000: 3 },
  };
  const machine = { cpu: 'c', cores: 2, memoryGiB: 4, kernel: 'Linux 1', node: '20' };
  const ratios = { postfix: ratiosTo(ours.median, theirs.median) };
  return {
    scenario: 'relay',
    options,
    date: '2026-01-01T00:00:00.000Z',
    machine,
    results: [ours, theirs],
    skipped: [{ name: 'haraka', why: 'not installed' }],
    ratios,
  };
}

test('the result holds what its readers look for', () => {
  const read = JSON.parse(JSON.stringify(example())) as BenchResult;
  assert.equal(read.scenario, 'relay');
  assert.deepEqual(Object.keys(read.results[0]?.runs[0] ?? {}).slice(1), [
    'perSecond',
    'mbPerSecond',
    'p50Ms',
    'p99Ms',
    'acceptPerSecond',
    'cpuPer1000',
    'peakMiB',
    'lost',
    'duplicate',
    'altered',
  ]);
  assert.equal(read.results[0]?.median.perSecond, 600);
  assert.deepEqual(read.ratios.postfix, { perSecond: 2, cpuPer1000: 0.5 });
});

test('the table names figures, ratios, failures and what was skipped', () => {
  const table = resultTable(example());
  assert.match(table, /tqmail 1 +600/);
  assert.match(table, /tqmail \/ postfix +2 /);
  assert.match(table, /skipped haraka: not installed/);
  assert.match(table, /failed {2}postfix: 1 of 1 runs: it broke/);
});

test('a ledger line holds machine, options, medians and ratios, and no file names', () => {
  const line = ledgerLine(example());
  assert.equal(line.indexOf('out.json'), -1);
  const [entry] = parseLedger(line);
  assert.equal(entry?.machine.cores, 2);
  assert.equal(entry?.results[0]?.median.perSecond, 600);
  assert.throws(() => parseLedger(`${line}{broken\n`), /line 2 is not JSON/);
});

test('the benchmarks page shows the newest entry of each workload, with ratios', () => {
  assert.match(benchmarkTables([]), /Nothing is in the ledger yet/);
  const older = parseLedger(ledgerLine({ ...example(), date: '2025-12-31T00:00:00.000Z' }));
  const newer = parseLedger(ledgerLine(example()));
  const page = benchmarkTables([...newer, ...older]);
  assert.match(page, /### relay, 2026-01-01/);
  assert.equal(page.indexOf('2025'), -1);
  assert.match(page, /\| tqmail 1 \| 600 \|/);
  assert.match(page, /\| postfix 3 \(runs failed\) \| 300 \|/);
  assert.match(page, /\| \*\*tqmail \/ postfix\*\* \| 2 \|/);
  // Of a server that was restarted in the middle of it, before there was a warm-up.
  const [entry] = newer.map(({ options, ...rest }) => ({ ...rest, scenario: 'storm', options: { ...options, warmup: 3_000 } }));
  assert.ok(entry !== undefined);
  const { warmup: _warmup, ...before } = entry.options;
  assert.match(benchmarkTables([entry]), /### storm/);
  assert.match(benchmarkTables([{ ...entry, options: before }]), /Nothing is in the ledger yet/);
});

test('a planned rate is no speed', () => {
  const sound = example().results.map((candidate) => ({ ...candidate, ok: true }));
  const entries = ['relay', 'latency'].flatMap((scenario) => parseLedger(ledgerLine({ ...example(), scenario, results: sound })));
  assert.match(speedChart(entries), />relay, /);
  assert.doesNotMatch(speedChart(entries), />latency, /);
  assert.match(cpuChart(entries), />latency, /);
});

test('the disk of a run has a name and a price, and nothing stays on it', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-disk-'));
  const { filesystem, fsyncMs } = diskOf(folder);
  assert.match(filesystem, /^[a-z0-9]+$/);
  assert.ok(fsyncMs > 0);
  assert.deepEqual(readdirSync(folder), []);
  rmdirSync(folder);
});
