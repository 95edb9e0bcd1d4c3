/**
 * Who may hold a connection of one listener: a bound on all, a bound on each address, and room made by
 * closing whoever got nothing done for longest. The bounds hold for all threads that share the counts; the guests are
 * those of this thread. Knows no protocol and no sockets: a guest is anything that can be told to leave.
 */
import { Chain, type Chained } from '../kernel/chain.js';
import { HouseCounts, houseMemory } from './house-counts.js';

export interface Guest {
  readonly address: string;
  /** Monotonic milliseconds of the last complete command or piece of body. */
  progress: number;
  /** Its request is being worked on: it is not idle, however long that takes. */
  readonly waitsForUs?: boolean;
  /** The admission's own. */
  place?: object | undefined;
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

/** Of a guest that counts for its address: admitted, waiting, or told to leave and not gone. The rejected have none. */
class Place<G> implements Chained<Place<G>> {
  readonly guest: G;
  state: 'waiting' | 'inside' | 'leaving' = 'waiting';
  older: Place<G> | undefined;
  newer: Place<G> | undefined;

  constructor(guest: G) {
    this.guest = guest;
  }
}

export class Admission<G extends Guest = Guest> {
  #limits: AdmissionLimits;
  /** Admitted guests, least recent progress first. */
  readonly #guests = new Chain<Place<G>>();
  readonly #waiting = new Chain<Place<G>>();
  readonly #counts: HouseCounts;
  evicted = 0;
  rejected = 0;

  /** `counts` are shared with the same listener's other threads; default: there are none. */
  constructor(limits: AdmissionLimits, counts = new HouseCounts(houseMemory(1), 0, 0)) {
    this.#limits = limits;
    this.#counts = counts;
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
    const full = !isLoopback(guest.address) && this.#counts.ofAddress(guest.address) >= mostPerAddress;
    if (full) this.#reject(guest, 'address');
    else if (this.#counts.waiting >= mostWaiting) this.#reject(guest, 'crowd');
    else {
      this.#counts.countAddress(guest.address, 1);
      const place = new Place(guest);
      guest.place = place;
      this.#waiting.append(place);
      this.#counts.wait(1);
      this.makeRoom(now);
    }
  }

  /** There is no room for it, whatever the bounds say. */
  turnAway(guest: G): void {
    this.#reject(guest, 'crowd');
  }

  #reject(guest: G, why: 'crowd' | 'address'): void {
    this.rejected += 1;
    guest.reject(why);
  }

  /** Lets waiting guests in, closing idle ones when that is what it takes; called often, cheap when nobody waits. */
  makeRoom(now: number): void {
    for (let place = this.#waiting.oldest; place !== undefined && this.#enter(now); place = this.#waiting.oldest) {
      const { guest } = place;
      this.#leaves(place);
      place.state = 'inside';
      guest.progress = now;
      this.#guests.append(place);
      guest.admit();
    }
    // Who waits at another thread cannot make those idle leave that are here.
    if (this.#waiting.size === 0 && this.#counts.waiting > 0 && this.#counts.held >= this.#limits.most) this.#evictIdle(now);
  }

  #enter(now: number): boolean {
    const { most } = this.#limits;
    return this.#counts.enter(most) || (this.#evictIdle(now) && this.#counts.enter(most));
  }

  /** From then on it neither waits nor holds a place; it counts for its address until it has left. */
  #leaves(place: Place<G>): void {
    const { state } = place;
    place.state = 'leaving';
    if (state === 'waiting') {
      this.#waiting.remove(place);
      this.#counts.wait(-1);
    } else if (state === 'inside') {
      this.#guests.remove(place);
      this.#counts.leave();
    }
  }

  #evictIdle(now: number): boolean {
    for (const oldest of this.#guests) {
      const { guest } = oldest;
      if (now - guest.progress < this.#limits.idleMs) return false;
      if (guest.waitsForUs) continue;
      this.evicted += 1;
      this.#leaves(oldest);
      guest.evict();
      return true;
    }
    return false;
  }

  progressed(guest: G, now: number): void {
    guest.progress = now;
    const place = guest.place as Place<G> | undefined;
    if (place?.state === 'inside') this.#guests.renew(place);
  }

  left(guest: G, now: number): void {
    const place = guest.place as Place<G> | undefined;
    if (place === undefined) return;
    guest.place = undefined;
    this.#leaves(place);
    this.#counts.countAddress(guest.address, -1);
    this.makeRoom(now);
  }

  /** Guests without progress since `before`, least recent first. */
  *stale(before: number): IterableIterator<G> {
    for (const { guest } of this.#guests) {
      if (guest.progress >= before) return;
      if (!guest.waitsForUs) yield guest;
    }
  }

  *all(): IterableIterator<G> {
    for (const { guest } of this.#guests) yield guest;
    for (const { guest } of this.#waiting) yield guest;
  }
}
