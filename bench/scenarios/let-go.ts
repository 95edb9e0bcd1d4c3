/**
 * Held mail is let go, and all of it must arrive at the next hop: what makes `drain`, and what shows after `accept` and
 * `backlog` that the server really has what it accepted.
 */
import { type Arrivals, sinkArrivals } from '../arrivals.js';
import { nowUs, type Sent, type SinkRun } from '../load/load.js';
import type { RunningPeer } from '../peers/peer.js';
import type { RunRow } from '../result.js';
import { readLedger, type Verdict, verify } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';
import type { Trial } from './trial.js';

export interface Held {
  readonly running: RunningPeer;
  readonly sink: SinkRun;
  /** All that was accepted, in order. */
  readonly sent: readonly [Sent, ...Sent[]];
}

export interface LetGo {
  readonly complete: boolean;
  /** From the release to the last arrival, microseconds of the monotonic clock. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** Arrivals of all that was sent: recipients or transactions, as the sink counts. */
  readonly expected: number;
}

/** Rejects when the server cannot let held mail go. */
export async function letGo({ options, peer, progress }: Trial, { running, sink, sent }: Held): Promise<LetGo> {
  if (running.release === undefined) throw new Error('this server cannot let held mail go');
  const [last, ...before] = sent;
  const perMessage = sink.countsRecipients ? options.rcpts : (peer.transactions(options) ?? 1);
  const expected = (sent.reduce((sum, { accepted }) => sum + accepted, 0) / options.rcpts) * perMessage;
  const firstUs = nowUs();
  await running.release();
  const { complete, lastUs } = await awaitArrivals({
    sent: Promise.resolve(last),
    before,
    arrivals: sinkArrivals(sink),
    expected: () => expected,
    deadlineUs: firstUs + options.timeout * 1e6,
    progress: (text) => progress(`let go: ${text}`),
  });
  return { complete, firstUs, lastUs, expected };
}

/** Of a sink that has been stopped; undefined when it and the source know nothing of single messages. */
export function verdictOf(sent: readonly Sent[], arrivals: Arrivals): Verdict | undefined {
  const ledgers = sent.map(({ ledger }) => ledger).filter((ledger) => ledger !== undefined);
  const records = ledgers.length < sent.length ? undefined : arrivals.records();
  return records === undefined ? undefined : verify(ledgers.flatMap(readLedger), records);
}

/** By count alone. */
export function countedFaults(arrived: number, expected: number): Pick<RunRow, 'arrived' | 'lost' | 'duplicate'> {
  return { arrived, lost: Math.max(0, expected - arrived), duplicate: Math.max(0, arrived - expected) };
}
