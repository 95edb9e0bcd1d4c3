/**
 * Our own load pair: `tqmail source` and `tqmail sink`, which account for every message.
 * They run as processes of their own, so that their CPU is never counted with a server's.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ledgerRecordLength } from '../../src/protocol/ledger.js';
import { type Child, pause, startChild } from '../process/children.js';
import { inProject } from '../root.js';
import type { Load, Sent, SinkRun, SourceOrder, SourceRun } from './load.js';

/** Starts runSource or runSink, whichever its first argument names. */
const tool = inProject('dist', 'bench', 'load', 'tool.js');

export const tqmailLoad: Load = { missing: () => '', startSink, startSource };

async function startSink(dir: string): Promise<SinkRun> {
  const ready = path.join(dir, 'sink.ready');
  const ledger = path.join(dir, 'arrived.ledger');
  const child = await startChild(process.execPath, [
    tool,
    'sink',
    '--smtp',
    '127.0.0.1:0',
    '--ready-file',
    ready,
    '--ledger',
    ledger,
  ]);
  const port = await readyPort(ready, child);
  return {
    port,
    pid: child.pid,
    countsRecipients: true,
    arrived: () => Math.floor(statSync(ledger).size / ledgerRecordLength),
    ledger,
    stop: () => child.stop(),
  };
}

async function readyPort(file: string, child: Child): Promise<number> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(10)) {
    try {
      const { listeners } = JSON.parse(readFileSync(file, 'utf8')) as { listeners: { protocol: string; port: number }[] };
      const port = listeners.find((listener) => listener.protocol === 'smtp')?.port;
      if (port !== undefined) return port;
    } catch {
      // Not there, or not complete yet.
    }
  }
  throw new Error(`tqmail sink did not start: ${child.output.stderr.trim().slice(-300)}`);
}

async function startSource(order: SourceOrder): Promise<SourceRun> {
  const ledger = path.join(order.dir, 'sent.ledger');
  const numbers = {
    messages: order.messages,
    sessions: order.sessions,
    size: order.size,
    rcpts: order.rcpts,
    'per-session': order.keep ? 0 : 1,
  };
  const args = ['--to', `127.0.0.1:${order.port}`, '--ledger', ledger];
  for (const [name, value] of Object.entries(numbers)) args.push(`--${name}`, `${value}`);
  if (order.recipient !== undefined) args.push('--rcpt', order.recipient);
  if (order.rate !== undefined) args.push('--rate', `${order.rate}`);
  const child = await startChild(process.execPath, [tool, 'source', ...args]);
  const sent = child.ended.then(({ code, signal }): Sent => {
    if (child.output.stdout.trim() === '')
      throw new Error(`tqmail source failed: ${child.output.stderr.trim() || (signal ?? `exit ${code}`)}`);
    const figures = JSON.parse(child.output.stdout) as {
      acceptedRecipients: number;
      refusedRecipients: number;
      firstUs: number;
      lastUs: number;
    } & Latency;
    const { firstUs, lastUs, latencyMs } = figures;
    return {
      accepted: figures.acceptedRecipients,
      refused: figures.refusedRecipients,
      firstUs,
      lastUs,
      ledger,
      ...(latencyMs === null ? {} : { p50Ms: latencyMs.p50, p99Ms: latencyMs.p99 }),
    };
  });
  sent.catch(() => undefined);
  return { pid: child.pid, sent, stop: () => child.stop() };
}

interface Latency {
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
}
