/**
 * When `tqmail sink` ends, and what its exit code says of the run: for scripts that wait for so many messages.
 */
import { setTimeout } from 'node:timers/promises';
import type { Sink, SinkReport } from '../actors/sink/sink.js';

export interface EndTerms {
  /** Messages after which it ends; undefined: never. */
  readonly until: number | undefined;
  /** Milliseconds after which it ends; 0: never. */
  readonly deadlineMs: number;
}

/** `reader`: nobody reads its output any more. */
export type Ended = 'count' | 'deadline' | 'signal' | 'reader';

const lookMs = 20;
/** So long those who are connected when the count is full may still read their last reply and say goodbye. */
const farewellMs = 1_000;

/** Settles when it is time; `told` ends it at any moment. */
export async function whenOver(sink: Sink, { until, deadlineMs }: EndTerms, told: Promise<Ended>): Promise<Ended> {
  const stop = new AbortController();
  const ways = [told];
  if (deadlineMs > 0) ways.push(setTimeout(deadlineMs, 'deadline' as const, { signal: stop.signal }));
  if (until !== undefined) ways.push(counted(sink, until, stop.signal));
  try {
    return await Promise.race(ways);
  } finally {
    for (const way of ways) way.catch(() => undefined);
    stop.abort();
  }
}

async function counted(sink: Sink, until: number, signal: AbortSignal): Promise<Ended> {
  while (sink.report().messages < until) await setTimeout(lookMs, undefined, { signal });
  const last = performance.now() + farewellMs;
  while (sink.report().open > 0 && performance.now() < last) await setTimeout(lookMs, undefined, { signal });
  return 'count';
}

/** 1: fewer came than were waited for, or something was wrong; only where `until` or a deadline asks. `troubles` were said meanwhile. */
export function exitCodeOf({ messages, verdict, ledgerTrouble }: SinkReport, terms: EndTerms, troubles: number): 0 | 1 {
  if (terms.until === undefined && terms.deadlineMs === 0) return 0;
  const { lost = 0, duplicate = 0, altered = 0, late = 0, unchecked = 0 } = verdict ?? {};
  const wrong = lost + duplicate + altered + late + unchecked + troubles;
  return messages < (terms.until ?? 0) || wrong > 0 || ledgerTrouble !== undefined ? 1 : 0;
}
