/**
 * The link from a spawner to one pool thread: asks deliveries, tells closings, and knows which bodies that
 * thread keeps, so that a message for many hosts travels to it once. Starts no thread itself.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Unanswered } from '../kernel/actor.js';
import type { Clock } from '../kernel/clock.js';
import { Link, type LinkTarget } from '../kernel/link.js';
import { PendingAsks, unanswered } from '../kernel/pending.js';
import { type EdgeName, edgeRules } from '../topology.js';

/** What a pool thread is asked to deliver; more may stand in it. */
export interface SlotDelivery {
  readonly message: number;
  /** The slot that shall carry it. */
  readonly session: number;
  /** The thread keeps the body for further deliveries of the message. */
  readonly shared: boolean;
  readonly bytes?: Uint8Array;
}

/** Bodies and octets of them that a pool thread keeps for further deliveries. */
const mostHeld = 256;
const mostHeldOctets = 32 * 1_048_576;

export class WorkerLink<D extends SlotDelivery, R> implements LinkTarget {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #edge: EdgeName;
  readonly #pending: PendingAsks;
  readonly #held = new Map<number, number>();
  #heldOctets = 0;
  closedReason: Unanswered['why'] | undefined;

  constructor(port: MessagePort, clock: Clock, edge: EdgeName) {
    this.#edge = edge;
    this.#pending = new PendingAsks(edgeRules[edge].capacity);
    this.#clock = clock;
    this.#link = new Link(port, this);
  }

  holds(message: number): boolean {
    return this.#held.has(message);
  }

  deliver(delivery: D): Promise<R | Unanswered> {
    if (this.closedReason !== undefined) return Promise.resolve(unanswered(this.closedReason));
    this.#hold(delivery);
    return new Promise((resolve) => {
      const expires = this.#clock.ran() + edgeRules[this.#edge].deadlineMs;
      const ask = this.#link.open ? this.#pending.add(expires, resolve as (value: unknown) => void) : 0;
      if (ask === 0) resolve(unanswered('full'));
      else this.#link.send(1, this.#edge, 'deliver', ask, delivery);
    });
  }

  /** Ends a session: the connection is closed with QUIT once nothing runs on it. */
  close(session: number): void {
    if (this.closedReason === undefined) this.#link.send(0, this.#edge, 'close', 0, session);
  }

  #hold({ message, shared, bytes }: D): void {
    if (!shared || bytes === undefined || this.#held.has(message)) return;
    this.#held.set(message, bytes.length);
    this.#heldOctets += bytes.length;
    for (const [oldest, octets] of this.#held) {
      if (this.#held.size <= mostHeld && this.#heldOctets <= mostHeldOctets) break;
      this.#held.delete(oldest);
      this.#heldOctets -= octets;
      this.#link.send(0, this.#edge, 'forget', 0, oldest);
    }
  }

  expire(): void {
    this.#pending.expire(this.#clock.ran());
  }

  end(why: Unanswered['why']): void {
    if (this.closedReason !== undefined) return;
    this.closedReason = why;
    this.#link.close();
    this.#pending.settleAll(why);
  }

  receive(): void {}

  answered(_edge: string, ask: number, value: unknown): void {
    this.#pending.settle(ask, value);
  }

  closed(): void {
    this.closedReason ??= 'gone';
    this.#pending.settleAll(this.closedReason);
  }
}
