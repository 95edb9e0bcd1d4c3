/**
 * Messages whose delivery ended its thread again and again: after the third time in a row they are held, so that they
 * do not take the deliveries of others with them for ever. A held message stays queued and keeps its times; each of its
 * tries counts as deferred without being made, until somebody makes all messages due or the server starts anew.
 */
import type { Outcome } from '../../protocol/mail.js';
import type { MessageId } from '../../store/queue-store.js';

/** Ends of a thread in a row, without one delivery in between that was reported on. */
const mostCrashes = 3;
/** Messages whose crashes are counted; beyond them the oldest count is forgotten, which costs more crashes and no mail. */
const mostCounted = 10_000;

export const heldOutcome: Outcome = {
  status: 'Z',
  text: 'Delivery of this message failed inside the server three times; it is held. (#4.3.0)\n',
};

export class Quarantine {
  readonly #crashes = new Map<MessageId, number>();
  #held = 0;

  /** Messages held now. */
  get count(): number {
    return this.#held;
  }

  /** A thread ended with a delivery of this message at work; true when the message is held from now on. */
  crashed(id: MessageId): boolean {
    const crashes = (this.#crashes.get(id) ?? 0) + 1;
    this.#crashes.set(id, crashes);
    if (crashes === mostCrashes) this.#held += 1;
    if (this.#crashes.size > mostCounted) this.#forgetOldest();
    return crashes === mostCrashes;
  }

  /** A delivery was reported on: whatever ended the threads before, it was not this message. */
  reported(id: MessageId): void {
    if (this.#crashes.size > 0 && !this.holds(id)) this.#crashes.delete(id);
  }

  holds(id: MessageId): boolean {
    return this.#held > 0 && (this.#crashes.get(id) ?? 0) >= mostCrashes;
  }

  /** The message ended. */
  forget(id: MessageId): void {
    if (this.holds(id)) this.#held -= 1;
    this.#crashes.delete(id);
  }

  /** All messages may be tried again. */
  release(): void {
    this.#crashes.clear();
    this.#held = 0;
  }

  #forgetOldest(): void {
    for (const id of this.#crashes.keys()) {
      if (this.holds(id)) continue;
      this.#crashes.delete(id);
      return;
    }
  }
}
