/**
 * The books of a sink that is one process: its ledger and its store of messages, side by side.
 */
import type { ByteString } from '../../protocol/mail.js';
import { monotonicUs } from '../kernel/monotonic.js';
import type { Books, Marked } from './house.js';
import type { KeptMessage, KeptMessages } from './kept.js';
import type { SinkLedger } from './ledger.js';

export class LocalBooks implements Books {
  readonly #ledger: SinkLedger;
  readonly #kept: KeptMessages;

  constructor(ledger: SinkLedger, kept: KeptMessages) {
    this.#ledger = ledger;
    this.#kept = kept;
  }

  account({ mark, intact }: Marked, recipients: readonly ByteString[]): void {
    this.#ledger.arrive(mark, intact, recipients, monotonicUs());
  }

  keep(message: KeptMessage): void {
    this.#kept.add(message);
  }
}
