/**
 * Who may hold a connection of one listener: a bound on all, a bound on each address, and room made by
 * closing whoever got nothing done for longest. Knows no protocol and no sockets: a guest is anything that
 * can be told to leave.
 */

export interface Guest {
  readonly address: string;
  /** Monotonic milliseconds of the last complete command or piece of body. */
  progress: number;
  /** Its request is being worked on: it is not idle, however long that takes. */
  readonly waitsForUs?: boolean;
  /** Asked to leave to make room; it says 421 and goes. */
  evict(): void;
  /** May speak now. */
  admit(): void;
  /** Not even a place to wait: goes at once. */
  reject(why: 'crowd' | 'address'): void;
}

export interface AdmissionLimits {
  readonly most: number;
  readonly mostPerAddress: number;
  /** Milliseconds without progress after which a guest has to leave when others wait. */
  readonly idleMs: number;
  /** Guests that may wait unread when the house is full. */
  readonly mostWaiting: number;
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

export class Admission<G extends Guest = Guest> {
  #limits: AdmissionLimits;
  /** Admitted guests, least recent progress first. */
  readonly #guests = new Set<G>();
  readonly #waiting = new Set<G>();
  readonly #perAddress = new Map<string, number>();
  /** All that count for their address: admitted, waiting, and told to leave but not gone. Never the rejected. */
  readonly #counted = new Set<G>();
  evicted = 0;
  rejected = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  set limits(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get admitted(): number {
    return this.#guests.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  arrive(guest: G, now: number): void {
    const { mostPerAddress, mostWaiting } = this.#limits;
    const held = this.#perAddress.get(guest.address) ?? 0;
    if (held >= mostPerAddress && !isLoopback(guest.address)) this.#reject(guest, 'address');
    else if (this.#waiting.size >= mostWaiting) this.#reject(guest, 'crowd');
    else {
      this.#perAddress.set(guest.address, held + 1);
      this.#counted.add(guest);
      this.#waiting.add(guest);
      this.makeRoom(now);
    }
  }

  #reject(guest: G, why: 'crowd' | 'address'): void {
    this.rejected += 1;
    guest.reject(why);
  }

  /** Lets waiting guests in, closing idle ones when that is what it takes; called often, cheap when nobody waits. */
  makeRoom(now: number): void {
    for (const guest of this.#waiting) {
      if (this.#guests.size >= this.#limits.most && !this.#evictIdle(now)) return;
      this.#waiting.delete(guest);
      guest.progress = now;
      this.#guests.add(guest);
      guest.admit();
    }
  }

  #evictIdle(now: number): boolean {
    for (const oldest of this.#guests) {
      if (now - oldest.progress < this.#limits.idleMs) return false;
      if (oldest.waitsForUs) continue;
      this.evicted += 1;
      this.#guests.delete(oldest);
      oldest.evict();
      return true;
    }
    return false;
  }

  progressed(guest: G, now: number): void {
    guest.progress = now;
    if (this.#guests.delete(guest)) this.#guests.add(guest);
  }

  left(guest: G, now: number): void {
    if (!this.#counted.delete(guest)) return;
    this.#waiting.delete(guest);
    this.#guests.delete(guest);
    const held = (this.#perAddress.get(guest.address) ?? 1) - 1;
    if (held > 0) this.#perAddress.set(guest.address, held);
    else this.#perAddress.delete(guest.address);
    this.makeRoom(now);
  }

  /** Guests without progress since `before`, least recent first. */
  *stale(before: number): IterableIterator<G> {
    for (const guest of this.#guests) {
      if (guest.progress >= before) return;
      if (!guest.waitsForUs) yield guest;
    }
  }

  *all(): IterableIterator<G> {
    yield* this.#guests;
    yield* this.#waiting;
  }
}
