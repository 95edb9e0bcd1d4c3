/**
 * Messages with a delivery that nobody reported on: it may have taken place, and the next try has to look.
 * Bounded: when there are too many, every message counts as doubtful, which costs a look and loses nothing.
 */
import type { MessageId } from '../../store/queue-store.js';

const most = 10_000;

export class Doubtful {
  readonly #ids = new Set<MessageId>();
  #all = false;
  readonly #firstId: MessageId;

  /** Messages with a lower number were accepted by an earlier run, which may have delivered them. */
  constructor(firstId: MessageId) {
    this.#firstId = firstId;
  }

  add(id: MessageId): void {
    if (this.#ids.size < most) this.#ids.add(id);
    else this.#all = true;
  }

  /** The message ended. */
  forget(id: MessageId): void {
    this.#ids.delete(id);
  }

  has(id: MessageId): boolean {
    return this.#all || id < this.#firstId || this.#ids.has(id);
  }
}
