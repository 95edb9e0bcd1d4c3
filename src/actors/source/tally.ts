/**
 * What a lane of a load run has seen so far: counts, latencies, and a ledger record for each message and recipient.
 * It counts; it judges nothing.
 */
import type { RecordableHistogram } from 'node:perf_hooks';
import { type LedgerRecord, ledgerRecordLength, putLedgerRecord } from '../../protocol/ledger.js';
import type { Outcome } from '../../protocol/mail.js';
import { RecordFile } from '../../store/record-file.js';
import { monotonicUs } from '../kernel/monotonic.js';
import { LatencyHistogram } from './latency.js';
import type { RefusalReasons } from './options.js';
import type { CutBy } from './senders.js';
import type { Reported } from './session-loop.js';

export interface Counts {
  readonly accepted: number;
  readonly refused: number;
  readonly temporary: number;
  readonly permanent: number;
  readonly cut: number;
  readonly unanswered: number;
  readonly acceptedRecipients: number;
  /** Octets of accepted messages in wire form. */
  readonly octets: number;
  readonly connections: number;
  /** Tries that led to none on which a message could be sent. */
  readonly failedConnections: number;
  /** Of these, those over TLS. */
  readonly tls: number;
  /** Connections on which the server kept silent for too long. */
  readonly timeouts: number;
  readonly lastUs: number;
  readonly trouble: string | undefined;
  /** Why the ledger file is written no more. */
  readonly ledgerTrouble: string | undefined;
}

/** A lane's result in a form that can be posted to another thread. */
export interface LaneResult {
  readonly counts: Counts;
  readonly latency: RecordableHistogram;
  readonly refusals: RecordableHistogram;
  readonly late: RecordableHistogram;
  /** Of accepted messages in an open loop, from their begin. */
  readonly service: RecordableHistogram;
  /** Share of its time in which the lane's thread did not wait, 0 to 1. */
  readonly busy: number;
  readonly cutBy: CutBy;
}

export class Tally {
  readonly #run: string;
  readonly #ledger: RecordFile | undefined;
  readonly #latency = new LatencyHistogram();
  readonly #refusals = new LatencyHistogram();
  readonly #late = new LatencyHistogram();
  readonly #service = new LatencyHistogram();
  #began = performance.eventLoopUtilization();
  readonly #counts = {
    accepted: 0,
    refused: 0,
    temporary: 0,
    permanent: 0,
    cut: 0,
    unanswered: 0,
    acceptedRecipients: 0,
    octets: 0,
    connections: 0,
    failedConnections: 0,
    tls: 0,
    timeouts: 0,
    lastUs: 0,
  };
  #trouble: string | undefined;
  #ledgerTrouble: string | undefined;

  constructor(run: string, ledger: string | undefined) {
    this.#run = run;
    if (ledger === undefined) return;
    this.#ledger = new RecordFile(ledger, {
      failed: (error) => {
        this.#ledgerTrouble = `${ledger}: ${error.message}; no more records are written there`;
      },
    });
  }

  /** The run begins now. */
  begin(): void {
    this.#began = performance.eventLoopUtilization();
  }

  connected(secure: boolean): void {
    this.#counts.connections++;
    if (secure) this.#counts.tls++;
  }

  failed(why: string, { silent, unusable }: { readonly silent: boolean; readonly unusable: boolean }): void {
    this.#trouble ??= why.trim();
    if (silent) this.#counts.timeouts++;
    if (unusable) this.#counts.failedConnections++;
  }

  report({ sequence, outcomes, octets, latencyUs, lateUs, trouble, incomplete }: Reported): void {
    const us = monotonicUs();
    const counts = this.#counts;
    counts.lastUs = us;
    if (lateUs !== undefined) this.#late.add(lateUs);
    let taken = 0;
    for (const [recipient, { status, text }] of outcomes.entries()) {
      if (status === 'K') taken++;
      else this.#trouble ??= (trouble ?? text).trim();
      const record: LedgerRecord = { run: this.#run, sequence, recipient, verdict: status === 'K' ? 'a' : 'r', us };
      this.#ledger?.append(ledgerRecordLength, (into, at) => putLedgerRecord(into, at, record));
    }
    if (taken > 0) {
      counts.accepted++;
      counts.octets += octets;
      this.#latency.add(latencyUs);
      if (lateUs !== undefined) this.#service.add(latencyUs - lateUs);
    } else {
      counts.refused++;
      counts[reasonOf(outcomes, incomplete)]++;
      this.#refusals.add(latencyUs);
    }
    counts.acceptedRecipients += taken;
  }

  counts(): Counts {
    return { ...this.#counts, trouble: this.#trouble, ledgerTrouble: this.#ledgerTrouble };
  }

  /** Completes the ledger file. */
  finish(cutBy: CutBy): LaneResult {
    this.#ledger?.close();
    return {
      counts: this.counts(),
      latency: this.#latency.recorded,
      refusals: this.#refusals.recorded,
      late: this.#late.recorded,
      service: this.#service.recorded,
      busy: performance.eventLoopUtilization(this.#began).utilization,
      cutBy,
    };
  }
}

/** The session's words for a connection that ended over a message. */
const died = /^Connected to \S+ but connection died\.( Possible duplicate!)?/;

/**
 * What may have been taken after all comes before what was refused, whichever recipient it is; else the first one counts.
 * `incomplete`: the final dot never left, whatever the session had handed on.
 */
function reasonOf(outcomes: readonly Outcome[], incomplete: boolean): keyof RefusalReasons {
  for (const { status, text } of outcomes) {
    const found = status === 'D' ? null : died.exec(text);
    if (found !== null) return found[1] === undefined || incomplete ? 'cut' : 'unanswered';
  }
  return outcomes[0]?.status === 'D' ? 'permanent' : 'temporary';
}

export function sumOf(all: readonly Counts[]): Counts {
  const sum = (name: Exclude<keyof Counts, 'trouble' | 'ledgerTrouble'>): number =>
    all.reduce((total, counts) => total + counts[name], 0);
  return {
    accepted: sum('accepted'),
    refused: sum('refused'),
    temporary: sum('temporary'),
    permanent: sum('permanent'),
    cut: sum('cut'),
    unanswered: sum('unanswered'),
    acceptedRecipients: sum('acceptedRecipients'),
    octets: sum('octets'),
    connections: sum('connections'),
    failedConnections: sum('failedConnections'),
    tls: sum('tls'),
    timeouts: sum('timeouts'),
    lastUs: Math.max(0, ...all.map(({ lastUs }) => lastUs)),
    trouble: all.find(({ trouble }) => trouble !== undefined)?.trouble,
    ledgerTrouble: all.find(({ ledgerTrouble }) => ledgerTrouble !== undefined)?.ledgerTrouble,
  };
}
