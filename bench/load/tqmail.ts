/**
 * Our own load pair: `tqmail source` and `tqmail sink`, which account for every message.
 * They run as processes of their own, so that their CPU is never counted with a server's.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SinkCounts } from '../../src/actors/sink/counts.js';
import type { SourceReport } from '../../src/actors/source/options.js';
import { ledgerRecordLength } from '../../src/protocol/ledger.js';
import { type Child, pause, startChild } from '../process/children.js';
import { inProject } from '../root.js';
import type { LatencyRow, Load, Sent, SinkOrder, SinkRun, SourceOrder, SourceRun } from './load.js';

/** A status that takes longer is given up (milliseconds). */
const statusLimitMs = 10_000;
/** Starts runSource or runSink, whichever its first argument names. */
const tool = inProject('dist', 'bench', 'load', 'tool.js');

export const tqmailLoad: Load = { missing: () => '', startSink, startSource };

async function startSink(dir: string, order: SinkOrder = {}): Promise<SinkRun> {
  const ready = path.join(dir, 'sink.ready');
  const ledger = path.join(dir, 'arrived.ledger');
  const args = ['--smtp', `127.0.0.1:${order.port ?? 0}`, '--ready-file', ready, '--ledger', ledger];
  if (order.rules !== undefined) {
    const rules = path.join(dir, 'sink.rules');
    writeFileSync(rules, order.rules);
    args.push('--rules', rules, '--http', '127.0.0.1:0', '--keep', '0');
  }
  const child = await startChild(process.execPath, [tool, 'sink', ...args]);
  const ports = await readyPorts(ready, child);
  return {
    port: ports.get('smtp') ?? 0,
    pid: child.pid,
    countsRecipients: true,
    arrived: () => records(ledger),
    ledger,
    ...(order.rules === undefined ? {} : { unanswered: () => unanswered(ports.get('http') ?? 0) }),
    stop: () => child.stop(),
  };
}

async function unanswered(port: number): Promise<number> {
  const status = await fetch(`http://127.0.0.1:${port}/api/status`, { signal: AbortSignal.timeout(statusLimitMs) });
  return ((await status.json()) as SinkCounts).unanswered;
}

/** Records in a ledger file so far. */
function records(file: string): number {
  try {
    return Math.floor(statSync(file).size / ledgerRecordLength);
  } catch {
    return 0; // Not there yet.
  }
}

async function readyPorts(file: string, child: Child): Promise<ReadonlyMap<string, number>> {
  let ended = false;
  child.ended.then(() => {
    ended = true;
  });
  for (const deadline = Date.now() + 20_000; Date.now() < deadline && !ended; await pause(10)) {
    try {
      const { listeners } = JSON.parse(readFileSync(file, 'utf8')) as { listeners: { protocol: string; port: number }[] };
      return new Map(listeners.map(({ protocol, port }) => [protocol, port]));
    } catch {
      // Not there, or not complete yet.
    }
  }
  throw new Error(`tqmail sink did not start: ${child.output.stderr.trim().split('\n')[0]?.slice(-300)}`);
}

async function startSource(order: SourceOrder): Promise<SourceRun> {
  const ledger = path.join(order.dir, 'sent.ledger');
  const numbers = {
    messages: order.messages,
    sessions: order.sessions,
    size: order.size,
    rcpts: order.rcpts,
    'per-session': order.keep ? 0 : 1,
    pipelining: order.pipelining ?? 1,
  };
  const args = ['--to', `127.0.0.1:${order.port}`, '--ledger', ledger];
  for (const [name, value] of Object.entries(numbers)) args.push(`--${name}`, `${value}`);
  if (order.recipient !== undefined) args.push('--rcpt', order.recipient);
  if (order.rate !== undefined) args.push('--rate', `${order.rate}`);
  if (order.sender !== undefined) args.push('--from', order.sender);
  const child = await startChild(process.execPath, [tool, 'source', ...args]);
  const sent = child.ended.then(({ code, signal }): Sent => {
    if (child.output.stdout.trim() === '')
      throw new Error(`tqmail source failed: ${child.output.stderr.trim() || (signal ?? `exit ${code}`)}`);
    const report = JSON.parse(child.output.stdout) as SourceReport;
    const { firstUs, lastUs, latencyMs, firstTrouble } = report;
    return {
      accepted: report.acceptedRecipients,
      refused: report.refusedRecipients,
      ...(firstTrouble === null ? {} : { trouble: firstTrouble.trim().split('\n').at(-1) ?? '' }),
      firstUs,
      lastUs,
      ledger,
      ...(latencyMs === null ? {} : { latency: latencyRow(latencyMs) }),
    };
  });
  sent.catch(() => undefined);
  return { pid: child.pid, sent, accepted: () => records(ledger), stop: () => child.stop() };
}

function latencyRow({ p50, p90, p99, p999, max, hdr }: NonNullable<SourceReport['latencyMs']>): LatencyRow {
  return { p50Ms: p50, p90Ms: p90, p99Ms: p99, p999Ms: p999, maxMs: max, hdr };
}
