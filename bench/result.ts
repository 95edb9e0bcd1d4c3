/**
 * The shape of what a bench run reports: rows of figures, medians and ratios, as the JSON file holds them.
 * Other programs read it: fields are added, never renamed.
 */
import type { Machine } from './machine.js';
import type { BenchOptions } from './options.js';
import { median, quartiles, ratio, rounded } from './statistics.js';

/** Figures of one run; a figure that was not measured is absent. */
export interface RunRow {
  readonly ok: boolean;
  /** Why it is not ok. */
  readonly error?: string;
  /** When this candidate's turn began: ISO 8601, UTC. */
  readonly begun?: string;
  /** Deliveries a second, from the first connection to the last arrival; in `accept` and `backlog`: accepted a second. */
  readonly perSecond?: number;
  /** Megabytes (10^6) of body delivered a second, each recipient's copy counted; same span. */
  readonly mbPerSecond?: number;
  /** Milliseconds; reply times, in `latency` from the 250 to the arrival. */
  readonly p50Ms?: number;
  readonly p90Ms?: number;
  readonly p99Ms?: number;
  readonly p999Ms?: number;
  readonly maxMs?: number;
  /** Pairs of percentile and milliseconds of the same latencies, for a curve. */
  readonly hdr?: readonly (readonly [number, number])[];
  /** How the run went on. */
  readonly timeline?: readonly TimelinePoint[];
  /** storm: replies to the new mail while the queue drains, from each message's planned moment. */
  readonly freshP50Ms?: number;
  readonly freshP99Ms?: number;
  /** slow-domain: deliveries a second without the slow domain; `perSecond` is beside it, its own mail not counted. */
  readonly alonePerSecond?: number;
  /** slow-domain: the second divided by the first; 1 = the slow domain slows nobody. */
  readonly kept?: number;
  readonly acceptPerSecond?: number;
  /** pop3: logins with STAT and UIDL, and messages fetched, a second and in CPU seconds for 1,000. */
  readonly loginsPerSecond?: number;
  readonly loginCpuPer1000?: number;
  readonly retrPerSecond?: number;
  readonly retrCpuPer1000?: number;
  /** User + system seconds of the server's process tree for 1,000 deliveries. */
  readonly cpuPer1000?: number;
  /** sink, source: messages for each second of one core's time, however many cores were busy. */
  readonly perCore?: number;
  readonly peakMiB?: number;
  /** idle-crowd: PSS before anybody is connected, and with everybody there and no mail yet. */
  readonly aloneMiB?: number;
  readonly crowdMiB?: number;
  readonly arrived?: number;
  readonly lost?: number;
  readonly duplicate?: number;
  readonly altered?: number;
  /** Deliveries that the next hop took without an answer, as it was told to: each makes a good server send once more. */
  readonly provoked?: number;
  /** backlog: seconds from start to greeting with a full queue. */
  readonly startSeconds?: number;
  /** backlog: PSS after that start. */
  readonly residentMiB?: number;
  /** backlog: accepted a second with an empty queue. */
  readonly emptyPerSecond?: number;
  /** backlog: accepted a second while the queue was filled. */
  readonly prefillPerSecond?: number;
  /** backlog: deliveries a second once everything was let go. */
  readonly drainPerSecond?: number;
}

/** One look at a run. Absent: not known at that moment, or with this load. */
export interface TimelinePoint {
  /** Seconds since the begin of the run. */
  readonly t: number;
  /** Deliveries that the source was promised, and those that arrived, up to now. */
  readonly accepted?: number;
  readonly arrived?: number;
  /** CPU seconds of the tree up to now. */
  readonly cpu?: number;
  readonly mib?: number;
}

export type Figures = Readonly<Record<string, number>>;

export interface CandidateResult {
  readonly name: string;
  readonly version: string;
  /** A 250 means that the message is on disk; null: not known. */
  readonly durable: boolean | null;
  /** True when every run was. */
  readonly ok: boolean;
  readonly error?: string;
  readonly runs: readonly RunRow[];
  readonly median: Figures;
  /** First and third quartile of each figure, over the runs that were ok. */
  readonly spread?: Spread;
}

export type Spread = Readonly<Record<string, readonly [q1: number, q3: number]>>;

/** A result as far as the report needs it; the one of `pop3` has no more. */
export interface ReportedResult extends Omit<BenchResult, 'options'> {
  readonly options: Pick<BenchOptions, 'runs'>;
  /** What each run did, for people. */
  readonly work: string;
  /** Who made the load. */
  readonly load: string;
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
  /** What was typed. */
  readonly command?: string;
}

/** A run that lost, doubled or changed mail has no number but those. */
export function withoutFigures(row: RunRow): RunRow {
  const { ok, error, arrived, lost = 0, duplicate = 0, altered = 0, provoked } = row;
  if (lost + duplicate + altered === 0) return row;
  const counted = { ...(arrived === undefined ? {} : { arrived }), ...(provoked === undefined ? {} : { provoked }) };
  // Every copy was the next hop's fault: the server did right, but what was timed was the trouble.
  if (ok && duplicate === provoked) return { ok, ...counted, lost, duplicate, altered };
  return { ok: false, error: error ?? (ok ? 'mail was not intact' : 'failed'), ...counted, lost, duplicate, altered };
}

/** Values of every figure over the runs that were ok. */
function goodValues(runs: readonly RunRow[]): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const run of runs) {
    if (!run.ok) continue;
    for (const [name, value] of Object.entries(run)) {
      if (typeof value === 'number') values.set(name, [...(values.get(name) ?? []), value]);
    }
  }
  return values;
}

/** What must not happen: a median would hide it. */
const faultCounts = ['lost', 'duplicate', 'altered', 'provoked'] as const;

/** Medians of every figure over the runs that were ok. Where not all were, what went wrong is the sum over all. */
export function medians(runs: readonly RunRow[]): Figures {
  const figures: Record<string, number> = {};
  for (const [name, values] of goodValues(runs)) {
    const middle = median(values);
    if (middle !== undefined) figures[name] = rounded(middle);
  }
  if (runs.every(({ ok }) => ok)) return figures;
  for (const name of faultCounts) {
    const known = runs.flatMap((run) => run[name] ?? []);
    if (known.length > 0) figures[name] = known.reduce((sum, count) => sum + count, 0);
  }
  return figures;
}

export function spreads(runs: readonly RunRow[]): Spread {
  const spread: Record<string, readonly [number, number]> = {};
  for (const [name, values] of goodValues(runs)) {
    const quarters = quartiles(values);
    if (quarters !== undefined) spread[name] = [rounded(quarters[0]), rounded(quarters[1])];
  }
  return spread;
}

/** Figures whose ratio means nothing: counts that must be 0 or that the command line sets. */
const withoutRatio = new Set(['lost', 'duplicate', 'altered', 'arrived', 'provoked']);

export function ratiosTo(ours: Figures, theirs: Figures): Figures {
  const figures: Record<string, number> = {};
  for (const name of Object.keys(ours)) {
    const value = withoutRatio.has(name) ? undefined : ratio(ours[name], theirs[name]);
    if (value !== undefined) figures[name] = rounded(value);
  }
  return figures;
}
