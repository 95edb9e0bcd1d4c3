/**
 * Which marked messages have arrived, for which recipients and how often: the sink's verdict.
 * Knows only what arrived; whether a missing message was ever accepted is for a checker that has the source's ledger too.
 */
import { type LedgerMark, ledgerRecipientIndex } from '../../protocol/ledger.js';
import type { ByteString } from '../../protocol/mail.js';

/** Runs followed at a time, and recipients of all messages of one run: what is beyond is only counted. */
const mostRuns = 64;
const mostPairs = 1 << 28;

interface Run {
  /** Arrivals of message s for recipient r at s × recipients + r, at most 255. */
  seen: Uint8Array;
  readonly recipients: number;
  readonly messages: number;
  highest: number;
  distinct: number;
}

export interface ArrivalVerdict {
  /** Pairs of message and recipient that did not arrive, of those the run planned (or up to the highest number seen). */
  readonly lost: number;
  readonly duplicate: number;
  readonly altered: number;
  /** Arrivals beyond the bounds of this book. */
  readonly unchecked: number;
}

export class ArrivalBook {
  readonly #runs = new Map<ByteString, Run>();
  #duplicate = 0;
  #altered = 0;
  #unchecked = 0;

  /** Takes one arrival for one recipient; answers the recipient's number, or undefined when the mark names no such one. */
  arrive(mark: LedgerMark, intact: boolean, recipient: ByteString): number | undefined {
    const index = ledgerRecipientIndex(mark, recipient);
    if (index === undefined || !intact) {
      this.#altered++;
      return index;
    }
    const run = this.#run(mark);
    const pair = mark.sequence * mark.recipients + index;
    if (run === undefined || pair >= mostPairs || mark.recipients !== run.recipients) {
      this.#unchecked++;
      return index;
    }
    if (pair >= run.seen.length) run.seen = grown(run.seen, pair);
    const before = run.seen[pair] ?? 0;
    if (before === 0) run.distinct++;
    else this.#duplicate++;
    if (before < 255) run.seen[pair] = before + 1;
    run.highest = Math.max(run.highest, mark.sequence);
    return index;
  }

  /** Undefined when no marked message has arrived. */
  verdict(): ArrivalVerdict | undefined {
    if (this.#runs.size === 0 && this.#altered === 0 && this.#unchecked === 0) return undefined;
    let lost = 0;
    for (const run of this.#runs.values()) {
      lost += Math.max(run.messages, run.highest + 1) * run.recipients - run.distinct;
    }
    return { lost, duplicate: this.#duplicate, altered: this.#altered, unchecked: this.#unchecked };
  }

  #run(mark: LedgerMark): Run | undefined {
    const known = this.#runs.get(mark.run);
    if (known !== undefined || this.#runs.size >= mostRuns) return known;
    const run: Run = {
      seen: new Uint8Array(1024),
      recipients: mark.recipients,
      messages: mark.messages,
      highest: -1,
      distinct: 0,
    };
    this.#runs.set(mark.run, run);
    return run;
  }
}

function grown(seen: Uint8Array, index: number): Uint8Array {
  const larger = new Uint8Array(Math.max(seen.length * 2, index + 1));
  larger.set(seen);
  return larger;
}
