/**
 * The load of a test: senders with one message under way each, in one thread or several, and a record of what was
 * accepted for whom. It counts; it judges nothing.
 */
import { randomBytes } from 'node:crypto';
import type { RecordableHistogram } from 'node:perf_hooks';
import { monotonicUs } from '../kernel/monotonic.js';
import { makeLane } from './lane.js';
import { type LatencyFigures, LatencyHistogram } from './latency.js';
import type { SourceOptions, SourceReport } from './options.js';
import { dueBy, dueSeconds, messagesWithin, mostNumbered } from './plan.js';
import { type Counts, type LaneResult, sumOf } from './tally.js';
import { runThreads, type ThreadsResult } from './threads.js';

const progressMs = 500;

/** Sends the load; settles when all senders are done. Rejects only when a file cannot be opened, or a thread fails. */
export async function runLoad(options: SourceOptions): Promise<SourceReport> {
  const run = randomBytes(4).toString('hex');
  const messages = plannedMessages(options);
  const threads = Math.min(options.threads ?? 1, options.sessions, messages);
  if (threads > 1) {
    const ran = await runThreads({ options, messages, run, threads }, (counts, firstUs) => show(options, counts, firstUs));
    return reportOf(options, run, ran);
  }
  const lane = makeLane({ options, messages, run, lane: 0, lanes: 1, counter: undefined, ledger: options.ledger });
  const beginUs = monotonicUs();
  const timer = options.progress === undefined ? undefined : setInterval(() => show(options, lane.counts(), beginUs), progressMs);
  const { signal } = options;
  const interrupt = (): void => lane.interrupt();
  signal?.addEventListener('abort', interrupt);
  if (signal?.aborted === true) interrupt();
  try {
    return reportOf(options, run, { beginUs, results: [await lane.run(beginUs)], ledgerTrouble: undefined });
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', interrupt);
  }
}

function plannedMessages({ messages, durationSeconds = 0, rate, rampSeconds = 0 }: SourceOptions): number {
  return messages === 0 && durationSeconds > 0 ? messagesWithin(durationSeconds, rate, rampSeconds) : messages;
}

function show(options: SourceOptions, counts: Counts, beginUs: number): void {
  const { accepted, refused, connections } = counts;
  options.progress?.({ accepted, refused, connections, messages: options.messages, seconds: (monotonicUs() - beginUs) / 1e6 });
}

function reportOf(options: SourceOptions, run: string, { beginUs, results, ledgerTrouble }: ThreadsResult): SourceReport {
  const { recipients, rate, rampSeconds = 0 } = options;
  const ranSeconds = (monotonicUs() - beginUs) / 1e6;
  const counts = sumOf(results.map((result) => result.counts));
  const { accepted, refused, temporary, permanent, cut, unanswered } = counts;
  const planned = plannedMessages(options);
  const messages = planned === mostNumbered ? accepted + refused : planned;
  const lastUs = Math.max(beginUs, counts.lastUs);
  const seconds = (lastUs - beginUs) / 1e6;
  return {
    run,
    loop: rate > 0 ? 'open' : 'closed',
    planned: rate > 0 ? { perSecond: rate, seconds: Math.round(1e6 * dueSeconds(messages - 1, rate, rampSeconds)) / 1e6 } : null,
    ended: endOf(results, planned - accepted - refused),
    messages,
    accepted,
    refused,
    reasons: { temporary, permanent, cut, unanswered },
    unsent: messages - accepted - refused,
    overdue: Math.max(0, dueBy(ranSeconds, { messages, rate, rampSeconds }) - accepted - refused),
    acceptedRecipients: counts.acceptedRecipients,
    refusedRecipients: messages * recipients - counts.acceptedRecipients,
    connections: counts.connections,
    failedConnections: counts.failedConnections,
    tls: counts.tls,
    timeouts: counts.timeouts,
    octets: counts.octets,
    seconds,
    perSecond: seconds > 0 ? Math.round((accepted * 10) / seconds) / 10 : 0,
    busy: Math.round(1000 * Math.max(...results.map(({ busy }) => busy))) / 1000,
    firstUs: beginUs,
    lastUs,
    latencyMs: figuresOf(results, ({ latency }) => latency),
    refusedMs: figuresOf(results, ({ refusals }) => refusals),
    serviceMs: figuresOf(results, ({ service }) => service),
    lateMs: figuresOf(results, ({ late }) => late),
    firstTrouble: counts.trouble ?? null,
    ledgerTrouble: counts.ledgerTrouble ?? ledgerTrouble ?? null,
  };
}

function endOf(results: readonly LaneResult[], unsent: number): SourceReport['ended'] {
  const cutBy = results.map((result) => result.cutBy).find((by) => by !== undefined);
  // The end of its time takes nothing from a run that has sent all.
  if (cutBy === 'duration' && unsent === 0) return 'all-sent';
  return cutBy ?? (unsent > 0 ? 'gave-up' : 'all-sent');
}

function figuresOf(results: readonly LaneResult[], of: (result: LaneResult) => RecordableHistogram): LatencyFigures | null {
  const all = new LatencyHistogram();
  for (const result of results) all.merge(of(result));
  return all.figures() ?? null;
}
