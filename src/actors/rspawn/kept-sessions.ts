/**
 * Sessions to other servers that are open: at work, or kept idle for the next message. Never more than
 * concurrencyremote; an idle one to another server makes room. Counts and chooses; the slots do the work.
 */
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

export class KeptSessions {
  #most: number;
  readonly #open = new Set<KeptSession>();
  /** Idle sessions a key, the one used last at the end. */
  readonly #idle = new Map<string, KeptSession[]>();
  /** All idle sessions, the one idle for longest first. */
  readonly #byAge = new Set<KeptSession>();

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#open.size;
  }

  resize(most: number): void {
    this.#most = most;
  }

  take(key: string): KeptSession | undefined {
    const idle = this.#idle.get(key);
    for (let session = idle?.pop(); session !== undefined; session = idle?.pop()) {
      if (idle?.length === 0) this.#idle.delete(key);
      this.#byAge.delete(session);
      if (session.slot.usable) return session;
      this.drop(session);
    }
    return undefined;
  }

  /** A session that was just opened and is at work. Closes the oldest idle one when there are too many. */
  add(key: string, slot: RemoteSlot, now: number): KeptSession {
    const session: KeptSession = { key, slot, opened: now, idleSince: now };
    this.#open.add(session);
    for (const oldest of this.#byAge) {
      if (this.#open.size <= this.#most) break;
      this.#close(oldest);
    }
    return session;
  }

  /** The session is idle again. */
  give(session: KeptSession, now: number): void {
    if (now - session.opened > longestMs || this.#open.size > this.#most) {
      this.end(session);
      return;
    }
    session.idleSince = now;
    const idle = this.#idle.get(session.key);
    if (idle === undefined) this.#idle.set(session.key, [session]);
    else idle.push(session);
    this.#byAge.add(session);
  }

  /** The session is over. */
  drop(session: KeptSession): void {
    this.#open.delete(session);
  }

  /** Ends a session that is at work no more. */
  end(session: KeptSession): void {
    this.drop(session);
    session.slot.close();
  }

  closeIdle(now: number): void {
    for (const session of this.#byAge) {
      if (now - session.idleSince < idleMs) return;
      this.#close(session);
    }
  }

  closeAll(): void {
    for (const session of this.#byAge) this.#close(session);
  }

  #close(session: KeptSession): void {
    this.#byAge.delete(session);
    this.#open.delete(session);
    const idle = this.#idle.get(session.key);
    const at = idle?.indexOf(session) ?? -1;
    if (idle !== undefined && at >= 0) idle.splice(at, 1);
    if (idle?.length === 0) this.#idle.delete(session.key);
    session.slot.close();
  }
}
