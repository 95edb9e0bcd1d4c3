/**
 * Finds messages that are accepted but not preprocessed: keys of `mess` that `info` does not
 * have. No index is kept for it; a floor, below which there are none, keeps the walk short.
 */
import type { MessageId } from '../queue-store.js';
import type { IdDb, Layout } from './layout.js';

export class TodoScan {
  readonly #layout: Layout;
  /** No message below it is to be preprocessed. It only grows: preprocessed messages never go back. */
  #floor: MessageId;

  constructor(layout: Layout, floor: MessageId) {
    this.#layout = layout;
    this.#floor = floor;
  }

  get floor(): MessageId {
    return this.#floor;
  }

  /**
   * Ids > after in ascending order, lazily. `lastId` is the highest id that is flushed, `waiting` how many
   * messages are to be preprocessed at all.
   */
  *ids(after: MessageId, lastId: MessageId, waiting: number): Generator<MessageId> {
    if (waiting === 0) {
      this.#floor = lastId + 1;
      return;
    }
    const first = Math.max(after + 1, this.#floor);
    const fromFloor = first === this.#floor;
    let found = 0;
    const preprocessed = new KeyCursor(this.#layout.info, first);
    try {
      for (const id of this.#layout.mess.getKeys({ start: first })) {
        if (preprocessed.has(id)) continue;
        if (found++ === 0 && fromFloor) this.#floor = id;
        yield id;
        if (found === waiting) return;
      }
    } finally {
      // An open cursor would pin the pages of its snapshot.
      preprocessed.close();
    }
    if (found === 0 && fromFloor) this.#floor = lastId + 1;
  }
}

/** Answers for ascending ids whether a database has them. */
class KeyCursor {
  readonly #keys: Iterator<MessageId>;
  #next: IteratorResult<MessageId>;

  constructor(db: IdDb, start: MessageId) {
    this.#keys = db.getKeys({ start })[Symbol.iterator]();
    this.#next = this.#keys.next();
  }

  has(id: MessageId): boolean {
    while (!this.#next.done && this.#next.value < id) this.#next = this.#keys.next();
    return !this.#next.done && this.#next.value === id;
  }

  close(): void {
    this.#keys.return?.();
  }
}
