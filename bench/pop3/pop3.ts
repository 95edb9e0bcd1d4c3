/**
 * `npm run bench -- pop3`: logins and messages a second of our POP3 server and of its peers, in turn, on a Maildir of many
 * messages. Ends what it started.
 */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { commandLine } from '../command-line.js';
import { thisMachine } from '../machine.js';
import { UsageError } from '../options.js';
import { endAllChildren } from '../process/children.js';
import { watchPeak } from '../process/peak.js';
import { cpuSeconds } from '../process/tree.js';
import { openWorkFolder, removeWorkFolder } from '../process/work-folder.js';
import type { LedgerEntry } from '../report/ledger.js';
import { pageOf } from '../report/page.js';
import { type ReportedResult, spreads } from '../result.js';
import { inProject } from '../root.js';
import { median, rounded } from '../statistics.js';
import { loginRate, retrRate } from './client.js';
import { makeMailbox } from './mailbox.js';
import { ours, type Pop3Server, pop3Peers } from './servers.js';

export const usage = `usage: npm run bench -- pop3 [--peer dovecot] [--n LOGINS] [--messages M] [--size OCTETS] [--sessions S] [--runs R]
                             [--json FILE] [--report FILE] [--ledger]
`;

interface Pop3Options {
  readonly peers: readonly Pop3Server[];
  readonly n: number;
  readonly messages: number;
  readonly size: number;
  readonly sessions: number;
  readonly runs: number;
  readonly json: string | undefined;
  readonly report: string | undefined;
  readonly ledger: boolean;
}

type Figures = Readonly<Record<'loginsPerSecond' | 'loginCpuPer1000' | 'retrPerSecond' | 'retrCpuPer1000' | 'peakMiB', number>>;

/** Messages fetched for each login of the other part. */
const retrTimes = 10;

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { peer: text, n: text, messages: text, size: text, sessions: text, runs: text, json: text, report: text };
  try {
    return parseArgs({ args: [...args], options: { ...options, ledger: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function pop3Options(args: readonly string[]): Pop3Options {
  const values = parse(args);
  const number = (name: 'n' | 'messages' | 'size' | 'sessions' | 'runs', fallback: number, most: number): number => {
    const value = Number(values[name] ?? fallback);
    if (!(Number.isInteger(value) && value >= 1 && value <= most))
      throw new UsageError(`--${name} is a number from 1 to ${most}`);
    return value;
  };
  const peers = (values.peer ?? '').split(',').filter((name) => name !== '');
  return {
    peers: peers.map((name) => {
      const known = pop3Peers.find((peer) => peer.name === name);
      if (known === undefined)
        throw new UsageError(`unknown peer ${name}; known: ${pop3Peers.map((peer) => peer.name).join(', ')}`);
      return known;
    }),
    n: number('n', 1_000, 1_000_000),
    messages: number('messages', 1_000, 100_000),
    size: number('size', 4_096, 10_000_000),
    sessions: number('sessions', 10, 1_000),
    runs: number('runs', 3, 100),
    json: values.json,
    report: values.report,
    ledger: values.ledger === true,
  };
}

async function measured(server: Pop3Server, dir: string, { n, messages, size, sessions }: Pop3Options): Promise<Figures> {
  mkdirSync(dir, { mode: 0o755 });
  const mailbox = makeMailbox(dir, messages, size);
  const { port, pid, stop } = await server.start(dir, mailbox);
  const peak = watchPeak([pid]);
  try {
    // What is made at the first login, and the caches, do not count.
    await loginRate(port, mailbox, Math.max(sessions, Math.ceil(n / 5)), sessions);
    const before = cpuSeconds([pid]);
    const loginsPerSecond = await loginRate(port, mailbox, n, sessions);
    const between = cpuSeconds([pid]);
    const retrPerSecond = await retrRate(port, mailbox, retrTimes * n, sessions);
    const after = cpuSeconds([pid]);
    return {
      loginsPerSecond,
      loginCpuPer1000: ((between - before) / n) * 1_000,
      retrPerSecond,
      retrCpuPer1000: ((after - between) / (retrTimes * n)) * 1_000,
      peakMiB: peak.stop(),
    };
  } finally {
    peak.stop();
    await stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function benchPop3(args: readonly string[]): Promise<number> {
  const options = pop3Options(args);
  const skipped = options.peers.filter((peer) => peer.missing() !== '');
  const servers = [ours, ...options.peers.filter((peer) => !skipped.includes(peer))];
  const rows = new Map<string, Figures[]>(servers.map(({ name }) => [name, []]));
  const base = openWorkFolder();
  try {
    for (let run = 1; run <= options.runs; run++) {
      for (const server of servers) rows.get(server.name)?.push(await measured(server, path.join(base, server.name), options));
    }
  } finally {
    await endAllChildren();
    removeWorkFolder(base);
  }
  const entry = ledgerEntry(options, servers, rows);
  process.stdout.write(table(entry, options));
  for (const peer of skipped) process.stdout.write(`skipped ${peer.name}: ${peer.missing()}\n`);
  const missing = skipped.map((peer) => ({ name: peer.name, why: peer.missing() }));
  const whole = reported(entry, options, rows, missing);
  // All that the page needs, so that it can be made later too.
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ ...whole, options: entry.options }, null, 2)}\n`);
  }
  if (options.report !== undefined) writeFileSync(options.report, pageOf(whole));
  if (options.ledger) appendFileSync(inProject('bench', 'ledger.jsonl'), `${JSON.stringify(entry)}\n`);
  return 0;
}

function ledgerEntry(
  options: Pop3Options,
  servers: readonly Pop3Server[],
  rows: ReadonlyMap<string, readonly Figures[]>,
): LedgerEntry {
  const { n, messages, size, sessions, runs } = options;
  const results = servers.map((server) => {
    const figures = rows.get(server.name) ?? [];
    const names = Object.keys(figures[0] ?? {}) as (keyof Figures)[];
    const middle = names.map((name) => [name, rounded(median(figures.map((row) => row[name])) ?? 0)] as const);
    return { name: server.name, version: server.version(), durable: true, ok: true, median: Object.fromEntries(middle) };
  });
  const [first, ...others] = results;
  const ratio = (theirs: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(first?.median ?? {}).map(([name, value]) => [name, rounded(value / (theirs[name] ?? 1))]));
  return {
    date: new Date().toISOString(),
    scenario: 'pop3',
    machine: thisMachine(),
    options: { n, messages, size, sessions, runs },
    results,
    ratios: Object.fromEntries(others.map(({ name, median: theirs }) => [name, ratio(theirs)])),
  };
}

function workOf({ n, messages, size, sessions }: Pop3Options): string {
  return `${n} logins with STAT and UIDL, ${retrTimes * n} RETR; ${messages} messages of ${size} octets, ${sessions} sessions`;
}

/** The same for the report's page, with every run. */
function reported(
  entry: LedgerEntry,
  options: Pop3Options,
  rows: ReadonlyMap<string, readonly Figures[]>,
  skipped: ReportedResult['skipped'],
): ReportedResult {
  const results = entry.results.map(({ name, version, median: middle }) => {
    const runs = (rows.get(name) ?? []).map((figures) => ({ ok: true, ...figures }));
    return { name, version, durable: true, ok: true, runs, median: middle, spread: spreads(runs) };
  });
  const { date, scenario, machine, ratios } = entry;
  const load = 'logins one after another over each of the sessions, then the same with messages fetched';
  const { runs } = options;
  const command = commandLine();
  return { date, scenario, machine, ratios, results, skipped, options: { runs }, work: workOf(options), load, command };
}

function table({ results, ratios }: LedgerEntry, options: Pop3Options): string {
  const names = Object.keys(results[0]?.median ?? {});
  const line = (label: string, figures: Readonly<Record<string, number>>): string =>
    [label.padEnd(20), ...names.map((name) => String(figures[name] ?? '-').padStart(17))].join('');
  return [
    `pop3: ${workOf(options)}, ${options.runs} runs`,
    ['', ...names].map((name, column) => (column === 0 ? name.padEnd(20) : name.padStart(17))).join(''),
    ...results.map(({ name, version, median: figures }) => line(`${name} ${version}`, figures)),
    ...Object.entries(ratios).map(([name, figures]) => line(`tqmail / ${name}`, figures)),
  ]
    .map((text) => `${text}\n`)
    .join('');
}
