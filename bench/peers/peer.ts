/**
 * What the bench asks of every server that it measures, our own included.
 * Types only; an adapter starts a private instance on loopback in the folder it is given and touches nothing else.
 */
import type { SinkRun } from '../load/load.js';
import type { BenchOptions } from '../options.js';
import type { Child } from '../process/children.js';

/** One run's work, as an adapter must prepare for it. */
export interface Workload {
  readonly options: BenchOptions;
  /**
   * relay: everything goes to the next hop on `sinkPort`. hold: everything is accepted and kept.
   * drain: relay, but mail of `heldSender` that is accepted after `hold` is kept.
   * local: mail for `localRecipient` goes into one Maildir. bounce: relay, and bounces go into that Maildir.
   */
  readonly kind: 'relay' | 'hold' | 'drain' | 'local' | 'bounce';
  /** Domains that have another next hop. */
  readonly routes?: Readonly<Record<string, Hop>>;
  /** Port and pid of the next hop; 0 when there is none. */
  readonly sinkPort: number;
  readonly sinkPid: number;
  /** An empty folder of its own, mode 0755, removed afterwards. */
  readonly dir: string;
}

/** A next hop: an IPv4 address of loopback, and a port. */
export interface Hop {
  readonly address: string;
  readonly port: number;
}

/** The domain whose mail is local in a `local` workload; all other domains are remote. */
export const localDomain = 'box.test';
export const localRecipient = `u@${localDomain}`;
/** Whose mail is kept in a `drain` workload. */
export const heldSender = 'held@source.test';

export interface RunningPeer {
  readonly port: number;
  /** Roots of the process tree whose CPU and memory count. */
  readonly roots: readonly number[];
  /** The process whose unexpected end is the end of the run; absent: it is nobody's child of ours. */
  readonly server?: Child;
  /** What a sink has taken, when it is a sink that is measured. */
  readonly taken?: SinkRun;
  /** Folder of delivered messages (`new/`), in a local or bounce workload. */
  readonly mailbox?: string;
  /** After mail it must be left alone for so long to forward the next as quickly as the first; absent: not at all. */
  readonly restMs?: number;
  /** From now on mail of `heldSender` is kept, and perhaps all other mail too (drain only); absent when the server cannot. */
  hold?(): Promise<void>;
  /** Lets held mail go, and what comes from now on (hold and drain; in drain only what is not of `heldSender`); absent when the server cannot. */
  release?(): Promise<void>;
  /** Has deferred mail tried now; absent when nobody but the server decides that. */
  retry?(): Promise<void>;
  /** After `stop`: starts it on the same queue once more (hold only). */
  again?(): Promise<RunningPeer>;
  /** May be called twice. */
  stop(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  /** True when a 250 means that the message is on disk; null when that is not known. */
  readonly durable: boolean | null;
  /** Empty when it can run this scenario here, else why not. */
  missing(options: BenchOptions): string;
  version(): string;
  /** Transactions it makes of one message with `rcpts` recipients for one host; undefined when that is not known. */
  transactions(options: BenchOptions): number | undefined;
  /** Rejects with the server's own words when it does not come up. */
  start(workload: Workload): Promise<RunningPeer>;
}
