/**
 * Arrivals as rows of numbers: what crosses from one process to another for every message must be small.
 */
import { ledgerRecipientIndex } from '../../../protocol/ledger.js';
import type { ByteString } from '../../../protocol/mail.js';
import type { RunFacts } from '../arrival-book.js';
import type { Marked } from '../house.js';
import type { Arrival } from '../ledger.js';
import type { PackedArrivals } from './messages.js';

/** sequence, index or -1, intact, us, sentUs or -1 */
const width = 5;

interface Rows {
  readonly facts: RunFacts;
  readonly numbers: number[];
}

export class ArrivalPacker {
  #runs = new Map<ByteString, Rows>();
  /** Rows held. */
  rows = 0;

  add({ mark, intact }: Marked, recipients: readonly ByteString[], us: number): void {
    const { run, messages, recipients: count } = mark;
    let rows = this.#runs.get(run);
    if (rows === undefined) {
      rows = { facts: { run, messages, recipients: count }, numbers: [] };
      this.#runs.set(run, rows);
    }
    for (const recipient of recipients) {
      const index = ledgerRecipientIndex(mark, recipient) ?? -1;
      rows.numbers.push(mark.sequence, index, intact ? 1 : 0, us, mark.sentUs ?? -1);
      this.rows++;
    }
  }

  take(): PackedArrivals[] {
    const packed = [...this.#runs.values()].map(({ facts, numbers }) => ({ ...facts, numbers: Float64Array.from(numbers) }));
    this.#runs = new Map();
    this.rows = 0;
    return packed;
  }
}

export function* unpacked({ numbers }: PackedArrivals): Generator<Arrival> {
  for (let at = 0; at + width <= numbers.length; at += width) {
    const [sequence = 0, index = -1, intact = 0, us = 0, sentUs = -1] = numbers.subarray(at, at + width);
    yield {
      sequence,
      index: index < 0 ? undefined : index,
      intact: intact === 1,
      us,
      sentUs: sentUs < 0 ? undefined : sentUs,
    };
  }
}
