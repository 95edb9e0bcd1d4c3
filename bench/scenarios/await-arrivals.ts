/**
 * Waits until everything that was accepted has arrived, or the deadline passes.
 * It polls, with pauses in proportion to what a poll costs, so that waiting does not slow the server measured.
 */
import type { Arrivals } from '../arrivals.js';
import { nowUs, type Sent } from '../load/load.js';
import { pause } from '../process/children.js';
import { readLedger, verify } from '../verify.js';

export interface Awaited {
  readonly sent: Promise<Sent>;
  /** What was sent before and must have arrived too. */
  readonly before?: readonly Sent[];
  /** Undefined: nothing arrives anywhere, the source's end is the end. */
  readonly arrivals: Arrivals | undefined;
  readonly expected: (sent: Sent) => number | undefined;
  readonly deadlineUs: number;
  readonly progress: (text: string) => void;
  /** Called with each count. */
  readonly seen?: (count: number) => void;
}

export interface Reached {
  readonly sent: Sent;
  readonly complete: boolean;
  /** When the count last rose (or the source ended), microseconds of the monotonic clock. */
  readonly lastUs: number;
}

/** How long the count stands still before a run of unknown length counts as over. */
const quietUs = 3_000_000;

export async function awaitArrivals(awaited: Awaited): Promise<Reached> {
  const { arrivals, deadlineUs, progress } = awaited;
  let sent: Sent | undefined;
  let failure: Error | undefined;
  awaited.sent.then(
    (value) => {
      sent = value;
    },
    (error: Error) => {
      failure = error;
    },
  );
  let [count, lastUs, checkedAt] = [0, nowUs(), -1];
  for (;;) {
    const before = nowUs();
    const now = arrivals?.count() ?? 0;
    if (now !== count) [count, lastUs] = [now, nowUs()];
    awaited.seen?.(count);
    progress(`${count} arrived`);
    if (failure !== undefined) throw failure;
    if (sent !== undefined) {
      if (arrivals === undefined) return { sent, complete: true, lastUs: sent.lastUs };
      const expected = awaited.expected(sent);
      if (expected === undefined && nowUs() - lastUs > quietUs) return { sent, complete: count > 0, lastUs };
      // A message that came twice may hide one that is still under way: the count alone does not decide.
      if (expected !== undefined && count >= expected && count !== checkedAt) {
        if (missing([sent, ...(awaited.before ?? [])], arrivals) === 0) return { sent, complete: true, lastUs };
        checkedAt = count;
      }
    }
    if (nowUs() > deadlineUs) return timedOut(sent, lastUs);
    await pause(Math.max(5, (20 * (nowUs() - before)) / 1000));
  }
}

function missing(sent: readonly Sent[], arrivals: Arrivals): number {
  const ledgers = sent.map(({ ledger }) => ledger).filter((ledger) => ledger !== undefined);
  const records = ledgers.length < sent.length ? undefined : arrivals.records();
  return records === undefined ? 0 : verify(ledgers.flatMap(readLedger), records).lost;
}

function timedOut(sent: Sent | undefined, lastUs: number): Reached {
  if (sent === undefined) throw new Error('the source did not finish in time');
  return { sent, complete: false, lastUs };
}
