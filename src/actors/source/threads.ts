/**
 * A load run on several threads: starts them, lets them go at one moment, adds up what they say and joins their ledgers.
 * Each thread has its own lane; nothing is shared while they send.
 */
import { createReadStream, createWriteStream, rmSync, writeFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import { monotonicUs } from '../kernel/monotonic.js';
import type { LaneOrder } from './lane.js';
import { mostNumbered } from './plan.js';
import { type Counts, type LaneResult, sumOf } from './tally.js';
import type { LaneNews } from './thread-main.js';

export interface ThreadsResult {
  readonly beginUs: number;
  readonly results: readonly LaneResult[];
  /** Why the threads' ledgers did not become one file. */
  readonly ledgerTrouble: string | undefined;
}

/** Rejects with the first thread's error; then all are ended. */
export async function runThreads(
  { options, messages, run, threads }: Pick<LaneOrder, 'options' | 'messages' | 'run'> & { readonly threads: number },
  show: (counts: Counts, beginUs: number) => void,
): Promise<ThreadsResult> {
  const { progress: _progress, signal, ...plain } = options;
  const counter = messages === mostNumbered ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
  const orders = Array.from({ length: threads }, (_, lane): LaneOrder => {
    const ledger = options.ledger === undefined ? undefined : `${options.ledger}.${lane}`;
    return { options: plain, messages, run, counter, lane, lanes: threads, ledger };
  });
  if (options.ledger !== undefined) writeFileSync(options.ledger, '');
  const interrupted = (): void => workers.forEach((worker) => void worker.postMessage('interrupt'));
  const workers = orders.map((order) => new Worker(new URL('./thread-main.js', import.meta.url), { workerData: order }));
  const latest = new Map<number, Counts>();
  let beginUs = 0;
  try {
    const lanes = workers.map((worker, lane) =>
      follow(worker, (counts) => {
        latest.set(lane, counts);
        show(sumOf([...latest.values()]), beginUs);
      }),
    );
    await Promise.all(lanes.map((lane) => lane.ready));
    beginUs = monotonicUs();
    for (const worker of workers) worker.postMessage(beginUs);
    signal?.addEventListener('abort', interrupted);
    if (signal?.aborted === true) interrupted();
    const results = await Promise.all(lanes.map((lane) => lane.result));
    return { beginUs, results, ledgerTrouble: await joinLedgers(options.ledger, orders) };
  } finally {
    signal?.removeEventListener('abort', interrupted);
    await Promise.all(workers.map((worker) => worker.terminate()));
    for (const { ledger } of orders) if (ledger !== undefined) rmSync(ledger, { force: true });
  }
}

interface Followed {
  readonly ready: Promise<void>;
  readonly result: Promise<LaneResult>;
}

function follow(worker: Worker, progress: (counts: Counts) => void): Followed {
  const failed = new Promise<never>((_, reject) => {
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a sending thread ended early, code ${code}`)));
  });
  const ready = new Promise<void>((resolve) => worker.on('message', (news: LaneNews) => news.tag === 'ready' && resolve()));
  const result = new Promise<LaneResult>((resolve) =>
    worker.on('message', (news: LaneNews) => {
      if (news.tag === 'counts') progress(news.counts);
      else if (news.tag === 'result') resolve(news.result);
    }),
  );
  const followed = { ready: Promise.race([ready, failed]), result: Promise.race([result, failed]) };
  // Whoever waits first gets the error; the other promise must not count as unhandled.
  for (const promise of Object.values(followed)) promise.catch(() => undefined);
  return followed;
}

async function joinLedgers(file: string | undefined, orders: readonly LaneOrder[]): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    for (const { ledger } of orders) {
      if (ledger !== undefined) await pipeline(createReadStream(ledger), createWriteStream(file, { flags: 'a' }));
    }
    return undefined;
  } catch (error) {
    return `${file}: ${(error as Error).message}; it does not have all records`;
  }
}
