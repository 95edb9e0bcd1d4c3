/**
 * What the bench asks of a pair of load tools: one that sends and one that is the next hop.
 * Types only. Their own CPU is never counted.
 */
import type { RunRow } from '../result.js';

/** What one source is told to send. */
export interface SourceOrder {
  readonly port: number;
  readonly messages: number;
  readonly sessions: number;
  readonly size: number;
  readonly keep: boolean;
  /** As the source's option; absent = 1. */
  readonly pipelining?: number;
  readonly rcpts: number;
  /** The only recipient, or a pattern with `#`; undefined: numbered recipients of a remote domain. */
  readonly recipient?: string;
  readonly sender?: string;
  /** Messages a second, all sessions together; absent = as fast as possible. */
  readonly rate?: number;
  /** A folder for its files. */
  readonly dir: string;
}

export interface Sent {
  readonly accepted: number;
  readonly refused: number;
  /** The first refusal or failure, as it was said. */
  readonly trouble?: string;
  /** From the first connection to the last reply, microseconds of the monotonic clock. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** Milliseconds from MAIL to the reply after the body, where the tool measures it. */
  readonly latency?: LatencyRow;
  /** File of ledger records of what was accepted, when the tool keeps one. */
  readonly ledger?: string;
}

export type LatencyRow = Pick<RunRow, 'p50Ms' | 'p90Ms' | 'p99Ms' | 'p999Ms' | 'maxMs' | 'hdr'>;

export interface SourceRun {
  readonly pid: number;
  /** Deliveries promised so far, where the tool says so while it runs. */
  accepted?(): number;
  /** Rejects with the tool's words when it fails or cannot connect. */
  readonly sent: Promise<Sent>;
  stop(): Promise<void>;
}

export interface SinkOrder {
  /** 0 or absent = any. */
  readonly port?: number;
  /** Refusals, as the rules file of `tqmail sink` has them. */
  readonly rules?: string;
}

export interface SinkRun {
  readonly port: number;
  readonly pid: number;
  /** Arrivals so far: recipients when `countsRecipients`, else transactions. */
  arrived(): number;
  readonly countsRecipients: boolean;
  /** Recipients of messages that it took without an answer, as its rules said; only of a sink with rules. */
  unanswered?(): Promise<number>;
  /** File of ledger records of what arrived, complete after `stop`. */
  readonly ledger?: string;
  stop(): Promise<void>;
}

export interface Load {
  /** Empty when it can run here, else why not. */
  missing(): string;
  /** Rejects when `order` asks for what the tool cannot do. */
  startSink(dir: string, order?: SinkOrder): Promise<SinkRun>;
  startSource(order: SourceOrder): Promise<SourceRun>;
}

/** Microseconds of the system-wide monotonic clock: comparable between processes of one machine. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
