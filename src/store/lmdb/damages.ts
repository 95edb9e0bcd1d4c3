/**
 * The messages whose records were found damaged since the queue was opened. They stay in the
 * queue but are left out of what is to be delivered, so that nobody spins on them.
 */
import type { Damage, MessageId } from '../queue-store.js';

/** How many are told; all are left out. */
const told = 100;

export class Damages {
  readonly #texts = new Map<MessageId, string>();

  note(id: MessageId, text: string): void {
    if (!this.#texts.has(id)) this.#texts.set(id, text);
  }

  has(id: MessageId): boolean {
    return this.#texts.size > 0 && this.#texts.has(id);
  }

  get size(): number {
    return this.#texts.size;
  }

  list(): Damage[] {
    const list: Damage[] = [];
    for (const [id, text] of this.#texts) {
      if (list.length === told) break;
      list.push({ id, text });
    }
    return list;
  }
}
