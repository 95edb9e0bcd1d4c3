/**
 * Sessions to other servers that are open: at work, or kept idle for the next message. Never more than
 * concurrencyremote; an idle one to another server makes room. Counts and chooses; the slots do the work.
 */
import { Chain, type Chained } from '../kernel/chain.js';
import type { RemoteSlot } from '../spawn/remote-slots.js';

/** Milliseconds that an idle connection is kept. */
const idleMs = 5_000;
/** Milliseconds after which a connection is not used again, so that load follows changed addresses. */
const longestMs = 300_000;

export interface KeptSession {
  readonly key: string;
  readonly slot: RemoteSlot;
  readonly opened: number;
  idleSince: number;
}

class Kept implements KeptSession, Chained<Kept> {
  readonly key: string;
  readonly slot: RemoteSlot;
  readonly opened: number;
  idleSince: number;
  older: Kept | undefined;
  newer: Kept | undefined;

  constructor(key: string, slot: RemoteSlot, now: number) {
    this.key = key;
    this.slot = slot;
    this.opened = now;
    this.idleSince = now;
  }
}

/** The sessions of one key. */
interface Route {
  /** At work and idle. */
  open: number;
  /** The one used last at the end. */
  readonly idle: Kept[];
}

export class KeptSessions {
  #most: number;
  readonly #routes = new Map<string, Route>();
  #count = 0;
  /** All idle sessions, the one idle for longest first. */
  readonly #idle = new Chain<Kept>();

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  resize(most: number): void {
    this.#most = most;
  }

  take(key: string): KeptSession | undefined {
    const idle = this.#routes.get(key)?.idle;
    for (let session = idle?.pop(); session !== undefined; session = idle?.pop()) {
      this.#idle.remove(session);
      if (session.slot.usable) return session;
      this.drop(session);
    }
    return undefined;
  }

  /** A session that was just opened and is at work. Closes the oldest idle one when there are too many. */
  add(key: string, slot: RemoteSlot, now: number): KeptSession {
    const session = new Kept(key, slot, now);
    const route = this.#routes.get(key);
    if (route === undefined) this.#routes.set(key, { open: 1, idle: [] });
    else route.open += 1;
    this.#count += 1;
    while (this.#count > this.#most && this.#idle.oldest !== undefined) this.#close(this.#idle.oldest);
    return session;
  }

  /** The session is idle again. */
  give(session: KeptSession, now: number): void {
    if (now - session.opened > longestMs || this.#count > this.#most) {
      this.end(session);
      return;
    }
    session.idleSince = now;
    this.#routes.get(session.key)?.idle.push(session as Kept);
    this.#idle.append(session as Kept);
  }

  /** The session, which is not idle, is over. */
  drop({ key }: KeptSession): void {
    this.#count -= 1;
    const route = this.#routes.get(key);
    if (route === undefined) return;
    route.open -= 1;
    if (route.open === 0) this.#routes.delete(key);
  }

  /** Ends a session that is at work no more. */
  end(session: KeptSession): void {
    this.drop(session);
    session.slot.close();
  }

  closeIdle(now: number): void {
    for (let oldest = this.#idle.oldest; oldest !== undefined && now - oldest.idleSince >= idleMs; oldest = this.#idle.oldest) {
      this.#close(oldest);
    }
  }

  closeAll(): void {
    while (this.#idle.oldest !== undefined) this.#close(this.#idle.oldest);
  }

  #close(session: Kept): void {
    this.#idle.remove(session);
    const idle = this.#routes.get(session.key)?.idle;
    const at = idle?.indexOf(session) ?? -1;
    if (idle !== undefined && at >= 0) idle.splice(at, 1);
    this.end(session);
  }
}
