/**
 * Which marked messages have arrived, for which recipients and how often: the sink's verdict.
 * Knows only what arrived; whether a missing message was ever accepted is for a checker that has the source's ledger too.
 */
import type { LedgerMark, LedgerRecord } from '../../protocol/ledger.js';
import type { ByteString } from '../../protocol/mail.js';

/** Runs followed at a time, and recipients of all messages of one run: what is beyond is only counted. */
const mostRuns = 64;
const mostPairs = 1 << 28;

interface Run {
  /** Arrivals of message s for recipient r at s × recipients + r, at most 255. */
  seen: Uint8Array;
  recipients: number;
  messages: number;
  highest: number;
  distinct: number;
}

/** What all marks of a run say alike. */
export type RunFacts = Pick<LedgerMark, 'run' | 'messages' | 'recipients'>;

export interface ArrivalVerdict {
  /** Pairs of message and recipient that did not arrive, of those the run planned (or up to the highest number seen). */
  readonly lost: number;
  readonly duplicate: number;
  readonly altered: number;
  /** Arrived later after sending than allowed. */
  readonly late: number;
  /** Arrivals beyond the bounds of this book. */
  readonly unchecked: number;
}

export class ArrivalBook {
  readonly #runs = new Map<ByteString, Run>();
  #duplicate = 0;
  #altered = 0;
  #unchecked = 0;
  #late = 0;

  /** Takes one arrival of message `sequence` for recipient `index`, which is undefined when the mark names no such one. */
  arrive(facts: RunFacts, sequence: number, index: number | undefined, intact: boolean, late: boolean): void {
    if (index === undefined || !intact) {
      this.#altered++;
      return;
    }
    if (late) this.#late++;
    const run = this.#run(facts.run, facts.messages, facts.recipients);
    if (run !== undefined && facts.recipients > run.recipients) widen(run, facts.recipients);
    if (run !== undefined && run.messages === 0) run.messages = facts.messages;
    if (run === undefined || facts.recipients !== run.recipients) this.#unchecked++;
    else this.#count(run, sequence, index);
  }

  /** Takes an arrival that an earlier sink recorded; how many were planned is learned with the run's next message. */
  restore({ run: name, sequence, recipient, verdict }: LedgerRecord): void {
    if (verdict === 'x') {
      this.#altered++;
      return;
    }
    const run = this.#run(name, 0, recipient + 1);
    if (run !== undefined && recipient >= run.recipients) widen(run, recipient + 1);
    if (run === undefined) this.#unchecked++;
    else this.#count(run, sequence, recipient);
  }

  /** Undefined when no marked message has arrived. */
  verdict(): ArrivalVerdict | undefined {
    if (this.#runs.size === 0 && this.#altered === 0 && this.#unchecked === 0) return undefined;
    let lost = 0;
    for (const run of this.#runs.values()) {
      lost += Math.max(run.messages, run.highest + 1) * run.recipients - run.distinct;
    }
    return { lost, duplicate: this.#duplicate, altered: this.#altered, late: this.#late, unchecked: this.#unchecked };
  }

  #count(run: Run, sequence: number, recipient: number): void {
    const pair = sequence * run.recipients + recipient;
    if (pair >= mostPairs) {
      this.#unchecked++;
      return;
    }
    if (pair >= run.seen.length) run.seen = grown(run.seen, pair);
    const before = run.seen[pair] ?? 0;
    if (before === 0) run.distinct++;
    else this.#duplicate++;
    if (before < 255) run.seen[pair] = before + 1;
    run.highest = Math.max(run.highest, sequence);
  }

  #run(name: ByteString, messages: number, recipients: number): Run | undefined {
    const known = this.#runs.get(name);
    if (known !== undefined || this.#runs.size >= mostRuns) return known;
    const run: Run = { seen: new Uint8Array(1024), recipients, messages, highest: -1, distinct: 0 };
    this.#runs.set(name, run);
    return run;
  }
}

/** Makes room for recipients that a restored run turned out to have. */
function widen(run: Run, recipients: number): void {
  const seen = new Uint8Array(Math.min(mostPairs, Math.max(1024, (run.highest + 1) * recipients)));
  for (let pair = 0; pair < (run.highest + 1) * run.recipients; pair++) {
    const to = Math.floor(pair / run.recipients) * recipients + (pair % run.recipients);
    if (to < seen.length) seen[to] = run.seen[pair] ?? 0;
  }
  run.seen = seen;
  run.recipients = recipients;
}

function grown(seen: Uint8Array, index: number): Uint8Array {
  const larger = new Uint8Array(Math.max(seen.length * 2, index + 1));
  larger.set(seen);
  return larger;
}
