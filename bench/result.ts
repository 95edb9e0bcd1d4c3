/**
 * The shape of what a bench run reports: rows of figures, medians and ratios, as the JSON file holds them.
 * Other programs read it: fields are added, never renamed.
 */
import type { Machine } from './machine.js';
import type { BenchOptions } from './options.js';
import { median, ratio, rounded } from './statistics.js';

/** Figures of one run; a figure that was not measured is absent. */
export interface RunRow {
  readonly ok: boolean;
  /** Why it is not ok. */
  readonly error?: string;
  /** Deliveries a second, from the first connection to the last arrival; in `accept` and `backlog`: accepted a second. */
  readonly perSecond?: number;
  /** Megabytes (10^6) of body delivered a second, each recipient's copy counted; same span. */
  readonly mbPerSecond?: number;
  /** Milliseconds; reply times, in `latency` from the 250 to the arrival. */
  readonly p50Ms?: number;
  readonly p90Ms?: number;
  readonly p99Ms?: number;
  readonly acceptPerSecond?: number;
  /** User + system seconds of the server's process tree for 1,000 deliveries. */
  readonly cpuPer1000?: number;
  readonly peakMiB?: number;
  readonly arrived?: number;
  readonly lost?: number;
  readonly duplicate?: number;
  readonly altered?: number;
  /** backlog: seconds from start to greeting with a full queue. */
  readonly startSeconds?: number;
  /** backlog: PSS after that start. */
  readonly residentMiB?: number;
  /** backlog: accepted a second with an empty queue. */
  readonly emptyPerSecond?: number;
  /** backlog: accepted a second while the queue was filled. */
  readonly prefillPerSecond?: number;
}

export type Figures = Readonly<Record<string, number>>;

export interface CandidateResult {
  readonly name: string;
  readonly version: string;
  readonly durable: boolean;
  /** True when every run was. */
  readonly ok: boolean;
  readonly error?: string;
  readonly runs: readonly RunRow[];
  readonly median: Figures;
}

export interface BenchResult {
  readonly scenario: string;
  readonly options: BenchOptions;
  readonly date: string;
  readonly machine: Machine;
  readonly results: readonly CandidateResult[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
  /** Our median divided by the peer's, by peer and figure. */
  readonly ratios: Readonly<Record<string, Figures>>;
}

/** Medians of every figure over the runs that were ok. */
export function medians(runs: readonly RunRow[]): Figures {
  const good = runs.filter((run) => run.ok);
  const names = new Set(good.flatMap((run) => Object.keys(run)));
  const figures: Record<string, number> = {};
  for (const name of names) {
    const values = good.map((run) => run[name as keyof RunRow]).filter((value) => typeof value === 'number');
    const middle = median(values);
    if (middle !== undefined) figures[name] = rounded(middle);
  }
  return figures;
}

/** Figures whose ratio means nothing: counts that must be 0 or that the command line sets. */
const withoutRatio = new Set(['lost', 'duplicate', 'altered', 'arrived']);

export function ratiosTo(ours: Figures, theirs: Figures): Figures {
  const figures: Record<string, number> = {};
  for (const name of Object.keys(ours)) {
    const value = withoutRatio.has(name) ? undefined : ratio(ours[name], theirs[name]);
    if (value !== undefined) figures[name] = rounded(value);
  }
  return figures;
}
