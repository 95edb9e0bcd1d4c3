/**
 * Bodies that were just accepted, for their first delivery: it mostly comes before the memory is gone, and
 * then nothing is read back from the store. Bounded; the store has them all.
 */
import type { Body, MessageId } from '../../store/queue-store.js';
import { NumberMap } from '../kernel/number-map.js';

const mostOctets = 32 * 1_048_576;

export class RecentBodies {
  readonly #bodies = new NumberMap<Body & { readonly bytes: Uint8Array }>();
  #octets = 0;

  /** Only bytes that nobody writes to any more may be kept. */
  keep(id: MessageId, body: Body): void {
    if (!('bytes' in body)) return;
    this.#bodies.set(id, body);
    this.#octets += body.bytes.length;
    while (this.#octets > mostOctets) this.forget(this.#bodies.lowest() ?? id);
  }

  get(id: MessageId): Body | undefined {
    return this.#bodies.get(id);
  }

  forget(id: MessageId): void {
    const body = this.#bodies.get(id);
    if (body === undefined) return;
    this.#bodies.delete(id);
    this.#octets -= body.bytes.length;
  }
}
