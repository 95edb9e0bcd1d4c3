/**
 * The load of a test: senders with one message under way each, in one thread or several, and a record of what was
 * accepted for whom. It counts; it judges nothing.
 */
import { randomBytes } from 'node:crypto';
import { monotonicUs } from '../kernel/monotonic.js';
import { makeLane } from './lane.js';
import { LatencyHistogram } from './latency.js';
import type { SourceOptions, SourceReport } from './options.js';
import { type Counts, type LaneResult, sumOf } from './tally.js';
import { runThreads } from './threads.js';

const progressMs = 500;

/** Sends the load; settles when all senders are done. Rejects only when a file cannot be read or written, or a thread fails. */
export async function runLoad(options: SourceOptions): Promise<SourceReport> {
  const run = randomBytes(4).toString('hex');
  const threads = Math.min(options.threads ?? 1, options.sessions, options.messages);
  if (threads > 1) {
    const { beginUs, results } = await runThreads(options, run, threads, (counts, firstUs) => show(options, counts, firstUs));
    return reportOf(options, run, beginUs, results);
  }
  const lane = makeLane({ options, run, lane: 0, lanes: 1, ledger: options.ledger });
  const beginUs = monotonicUs();
  const timer = options.progress === undefined ? undefined : setInterval(() => show(options, lane.counts(), beginUs), progressMs);
  const result = await lane.run(beginUs).finally(() => clearInterval(timer));
  return reportOf(options, run, beginUs, [result]);
}

function show(options: SourceOptions, counts: Counts, beginUs: number): void {
  const { accepted, refused, connections } = counts;
  options.progress?.({ accepted, refused, connections, messages: options.messages, seconds: (monotonicUs() - beginUs) / 1e6 });
}

function reportOf(options: SourceOptions, run: string, firstUs: number, results: readonly LaneResult[]): SourceReport {
  const { messages, recipients } = options;
  const { trouble, ...counts } = sumOf(results.map((result) => result.counts));
  const latency = new LatencyHistogram();
  const late = new LatencyHistogram();
  for (const result of results) {
    latency.merge(result.latency);
    late.merge(result.late);
  }
  const lastUs = Math.max(firstUs, counts.lastUs);
  const seconds = (lastUs - firstUs) / 1e6;
  return {
    run,
    loop: options.rate > 0 ? 'open' : 'closed',
    messages,
    accepted: counts.accepted,
    refused: counts.refused,
    unsent: messages - counts.accepted - counts.refused,
    acceptedRecipients: counts.acceptedRecipients,
    refusedRecipients: messages * recipients - counts.acceptedRecipients,
    connections: counts.connections,
    tls: counts.tls,
    timeouts: counts.timeouts,
    octets: counts.octets,
    seconds,
    perSecond: seconds > 0 ? Math.round((counts.accepted * 10) / seconds) / 10 : 0,
    firstUs,
    lastUs,
    latencyMs: latency.figures() ?? null,
    lateMs: late.figures() ?? null,
    firstTrouble: trouble ?? null,
    ledgerTrouble: counts.ledgerTrouble ?? null,
  };
}
