/**
 * The delivery children by user: started when first needed, ended when idle, never more than the
 * limit. Decides nothing about mail.
 */
import { type ChildCommand, DeliveryChild } from './child.js';

export interface ChildrenOptions {
  readonly command: ChildCommand;
  /** Most children at once (concurrencylocal). */
  readonly limit: number;
  /** Milliseconds after which a child without work ends. */
  readonly idle: number;
}

/** Longest that a delivery may take, milliseconds: a day, as in qmail, and an hour for the way. */
const longestDelivery = 25 * 60 * 60 * 1000;

export class Children {
  readonly #options: ChildrenOptions;
  readonly #byUser = new Map<string, DeliveryChild>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: ChildrenOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sweep(), Math.max(100, options.idle / 4));
    this.#timer.unref();
  }

  get count(): number {
    return this.#byUser.size;
  }

  /** A child with this identity that takes work, or undefined when there can be none now. */
  of(uid: number, gid: number): DeliveryChild | undefined {
    const key = `${uid}:${gid}`;
    const running = this.#byUser.get(key);
    if (running !== undefined && !running.ended) return running.open ? running : undefined;
    if (this.#byUser.size >= this.#options.limit && !this.#makeRoom()) return undefined;
    const child = new DeliveryChild(this.#options.command, uid, gid, performance.now(), () => {
      if (this.#byUser.get(key) === child) this.#byUser.delete(key);
    });
    this.#byUser.set(key, child);
    return child;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const child of this.#byUser.values()) child.kill();
  }

  /** Ends the child that has been idle longest. */
  #makeRoom(): boolean {
    let oldest: [string, DeliveryChild] | undefined;
    for (const entry of this.#byUser) {
      if (!entry[1].busy && (oldest === undefined || entry[1].lastUse < oldest[1].lastUse)) oldest = entry;
    }
    if (oldest === undefined) return false;
    this.#byUser.delete(oldest[0]);
    oldest[1].finish();
    return true;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [key, child] of this.#byUser) {
      if (child.busy) {
        if (now - child.lastUse > longestDelivery) child.kill();
      } else if (now - child.lastUse > this.#options.idle) {
        this.#byUser.delete(key);
        child.finish();
      }
    }
  }
}
