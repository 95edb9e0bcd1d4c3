/**
 * Which accepted messages a channel has seen: a cursor over message numbers. Hints of new messages move
 * it as long as they come without a gap; otherwise the channel is behind and reads the queue itself.
 * The store is the truth, so a lost hint costs time, never mail. One a channel, so that mail for a full
 * channel does not hold up the other.
 */
import type { MessageId } from '../../store/queue-store.js';

export class Intake {
  /** Every accepted message up to this number was looked at for this channel. */
  cursor: MessageId = 0;
  /** Highest number any hint spoke of. */
  #heard: MessageId = 0;
  #behind = true;
  reading = false;

  get behind(): boolean {
    return this.#behind;
  }

  /** True when the hinted message is the next one, so that it may be taken from the hint. */
  hears(id: MessageId): boolean {
    if (id > this.#heard) this.#heard = id;
    if (this.#behind) return false;
    if (id === this.cursor + 1) return true;
    this.#behind = true;
    return false;
  }

  /** The message was looked at (taken, or of no interest to this channel). */
  passed(id: MessageId): void {
    if (id > this.cursor) this.cursor = id;
  }

  /** The channel has no room: it will read from the queue, beginning behind the cursor. */
  fallBehind(): void {
    this.#behind = true;
  }

  /** The queue holds nothing behind the cursor; `upTo` is what had been heard of when it was asked. */
  caughtUp(upTo: MessageId): void {
    this.cursor = Math.max(this.cursor, upTo);
    this.#behind = this.#heard > this.cursor;
  }

  startOver(): void {
    this.cursor = 0;
    this.#behind = true;
  }

  get heard(): MessageId {
    return this.#heard;
  }
}
