/**
 * Messages of one channel that wait for their next try: reads what is due from the queue while the
 * channel has room, and wakes when the next one is. The schedule itself is in the store; in memory is
 * only the time of the earliest entry.
 */
import type { Channel } from '../../protocol/mail.js';
import type { DueEntry, MessageHead, MessageId } from '../../store/queue-store.js';
import type { Peers } from '../kernel/actor.js';
import { isUnanswered } from '../kernel/actor.js';
import type { Cancel, Clock } from '../kernel/clock.js';

/** Entries read at once, beyond those whose pass is still under way. */
const readAtOnce = 50;
/** Seconds until the queue is asked again after it did not answer. */
const askAgainSeconds = 1;
/** The schedule is read at least this often, whatever the clock does (qmail looks every 25 minutes). */
const longestSleepMs = 1_500_000;

export interface ScheduleParts {
  readonly channel: Channel;
  readonly peers: Peers<'send'>;
  readonly clock: Clock;
  hasRoom(): boolean;
  wantsMore(): boolean;
  /** True when the message's pass on this channel is under way already. */
  isActive(id: MessageId): boolean;
  activeCount(): number;
  open(head: MessageHead): void;
}

export class Schedule {
  readonly #parts: ScheduleParts;
  #next = 0;
  #cancel: Cancel | undefined;
  #reading = false;
  #stopped = false;
  #wantsRoom = false;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
  }

  /** An entry was written; `due` in seconds since 1970. */
  added(due: number): void {
    if (due >= this.#next) return;
    this.#next = due;
    this.wake();
  }

  /** Forgets what it knew and reads anew (start, ALRM). */
  reread(): void {
    this.#next = 0;
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** The channel can take messages again; cheap, called after every delivery. */
  roomFreed(): void {
    if (this.#wantsRoom && this.#parts.wantsMore()) this.wake();
  }

  wake(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#stopped || this.#reading) return;
    const waitMs = this.#next * 1000 - this.#parts.clock.now();
    if (waitMs > 0) {
      this.#cancel = this.#parts.clock.after(Math.min(waitMs, longestSleepMs), () => this.#awake());
      return;
    }
    this.#wantsRoom = !this.#parts.hasRoom();
    if (!this.#wantsRoom) void this.#read();
  }

  /** The longest sleep ends with a look at the store, so that a clock that jumped hides nothing for long. */
  #awake(): void {
    this.#next = 0;
    this.wake();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    const { peers, channel, clock } = this.#parts;
    this.#next = Number.POSITIVE_INFINITY;
    const now = Math.floor(clock.now() / 1000);
    const limit = this.#parts.activeCount() + readAtOnce;
    const due = await peers.queue.ask('due', { channel, now, limit });
    let next = now + askAgainSeconds;
    if (!isUnanswered(due)) {
      const all = (await this.#openAll(due.entries)) && due.entries.length < limit;
      next = all ? this.#nextAfter(due.next, now) : 0;
    }
    this.#next = Math.min(this.#next, next);
    this.#reading = false;
    this.wake();
  }

  /** False when the channel filled up before all entries were opened. */
  async #openAll(entries: readonly DueEntry[]): Promise<boolean> {
    for (const { id } of entries) {
      if (this.#parts.isActive(id)) continue;
      if (!this.#parts.hasRoom()) return false;
      const head = await this.#parts.peers.queue.ask('head', id);
      if (head === undefined || isUnanswered(head) || this.#parts.isActive(id)) continue;
      this.#parts.open(head);
    }
    return true;
  }

  /** Entries that are due now stay in the store until their pass is over; they are no reason to read again at once. */
  #nextAfter(earliest: number | undefined, now: number): number {
    if (earliest === undefined) return Number.POSITIVE_INFINITY;
    return earliest > now ? earliest : now + 1;
  }
}
