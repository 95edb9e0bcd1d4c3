/**
 * Which messages the log has been told of: `new msg` and `info msg` are written once a message, before its
 * first delivery, whether a hint or the queue itself made it known. Remembers numbers only.
 */
import type { MessageHead, MessageId } from '../../store/queue-store.js';
import type { ActivityLog } from '../kernel/log.js';

/** Numbers below the highest that may be remembered as not announced; a refused message leaves one behind. */
const mostSkipped = 10_000;

export class Announcer {
  readonly #log: ActivityLog;
  readonly #firstId: MessageId;
  #highest: MessageId;
  /** The highest number of an earlier run: those come in order, and only from the queue. */
  #earlier: MessageId = 0;
  readonly #skipped = new Set<MessageId>();

  /** Numbers below `firstId` were given by an earlier run. */
  constructor(log: ActivityLog, firstId: MessageId) {
    this.#log = log;
    this.#firstId = firstId;
    this.#highest = firstId - 1;
  }

  announce(head: MessageHead): void {
    if (!this.#isNew(head.id)) return;
    const { id, unixSize, sender, qp, uid } = head;
    this.#log.write({ event: 'new msg', msg: id });
    this.#log.write({ event: 'info msg', msg: id, bytes: unixSize, sender, qp, uid });
  }

  #isNew(id: MessageId): boolean {
    if (id < this.#firstId) {
      if (id <= this.#earlier) return false;
      this.#earlier = id;
      return true;
    }
    if (id <= this.#highest) return this.#skipped.delete(id);
    for (let skipped = Math.max(this.#highest + 1, id - mostSkipped); skipped < id; skipped += 1) this.#skipped.add(skipped);
    this.#highest = id;
    for (const oldest of this.#skipped) {
      if (this.#skipped.size <= mostSkipped) break;
      this.#skipped.delete(oldest);
    }
    return true;
  }
}
