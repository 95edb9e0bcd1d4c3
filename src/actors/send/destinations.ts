/**
 * Remote slots shared fairly: a host whose deliveries take much longer than others' may hold no more slots than
 * it leaves free while mail for others is about, and its mail waits aside, where it is in nobody's way.
 * It counts and chooses; it starts nothing and keeps no mail.
 */
import type { ByteString } from '../../protocol/mail.js';
import type { Clock } from '../kernel/clock.js';
import { NumberMap } from '../kernel/number-map.js';
import type { Pass } from './job.js';

/** A host is slow when its deliveries take at least this long (milliseconds) … */
const slowMs = 250;
/** … and so many times as long as those of the quickest host about. */
const slowTimes = 4;
/** A host is about for this long after a delivery to it began (milliseconds). */
const aboutMs = 10_000;
/** Deliveries that a host of which nothing is known yet may have at work in any case. */
const firstWindow = 5;
/** What one delivery counts in a host's mean time. */
const weight = 0.25;
/** Hosts that are remembered beyond those with deliveries at work or mail aside. */
const mostIdle = 1_000;
/** Messages that may wait aside, all hosts together; those beyond wait in the queue for their next try. */
const mostAside = 2_000;
/** The quickest host is looked for this often (milliseconds). */
const lookMs = 1_000;
/** Hosts with mail aside that are asked at one look for a free slot. */
const looksAtOnce = 16;

interface Destination {
  readonly host: ByteString;
  /** Milliseconds that a delivery takes; undefined until the first one ended. */
  mean: number | undefined;
  /** When the deliveries at work began, by delivery number; the oldest has the lowest. */
  readonly begun: NumberMap<number>;
  /** When the last one began. */
  last: number;
  /** Since when it has its place among the others. */
  placed: number;
  /** Passes with recipients of this host that wait aside, the oldest first. */
  readonly aside: Set<Pass>;
}

function newDestination(host: ByteString): Destination {
  const never = Number.NEGATIVE_INFINITY;
  return { host, mean: undefined, begun: new NumberMap(), last: never, placed: never, aside: new Set() };
}

/** May a delivery begin? `aside`: when the host has fewer slots at work; `later`: the room aside is full as well. */
export type Turn = 'now' | 'aside' | 'later';

export class Destinations {
  readonly #clock: Clock;
  readonly #free: () => number;
  /** Those unused for longest come first. */
  readonly #known = new Map<ByteString, Destination>();
  /** Hosts with mail aside, the one whose turn it is first. */
  readonly #waiting = new Set<Destination>();
  #aside = 0;
  #quickest = Number.POSITIVE_INFINITY;
  #looked = Number.NEGATIVE_INFINITY;

  /** `free`: remote slots that are not at work. */
  constructor(clock: Clock, free: () => number) {
    this.#clock = clock;
    this.#free = free;
  }

  /** Messages that wait aside. */
  get aside(): number {
    return this.#aside;
  }

  turnOf(host: ByteString): Turn {
    const known = this.#known.get(host);
    if (known === undefined || this.#mayBegin(known)) return 'now';
    if (this.#aside < mostAside) return 'aside';
    // Before the first answer nobody knows whether it is slow.
    return known.mean === undefined ? 'now' : 'later';
  }

  /** The pass has recipients of this host that wait. */
  setAside(host: ByteString, pass: Pass): void {
    const destination = this.#known.get(host);
    if (destination === undefined || destination.aside.has(pass)) return;
    destination.aside.add(pass);
    this.#waiting.add(destination);
    this.#aside += 1;
  }

  /** It has none left. */
  takeBack(host: ByteString, pass: Pass): void {
    const destination = this.#known.get(host);
    if (destination?.aside.delete(pass) !== true) return;
    this.#aside -= 1;
    if (destination.aside.size === 0) this.#waiting.delete(destination);
  }

  /** A pass that waits aside and the host it may begin a delivery to, if there is one; hosts take turns. */
  next(mayTry: (pass: Pass) => boolean): { readonly pass: Pass; readonly host: ByteString } | undefined {
    let looks = Math.min(looksAtOnce, this.#waiting.size);
    for (const destination of this.#waiting) {
      if (looks === 0) return undefined;
      looks -= 1;
      this.#waiting.delete(destination);
      this.#waiting.add(destination);
      if (!this.#mayBegin(destination)) continue;
      for (const pass of destination.aside) if (mayTry(pass)) return { pass, host: destination.host };
    }
    return undefined;
  }

  begun(host: ByteString, delivery: number): void {
    const now = this.#clock.monotonic();
    const destination = this.#known.get(host) ?? newDestination(host);
    destination.begun.set(delivery, now);
    destination.last = now;
    // The order need not be finer, and a Map that is changed at every delivery is dear.
    if (now - destination.placed >= lookMs) {
      destination.placed = now;
      this.#known.delete(host);
      this.#known.set(host, destination);
    }
    if (this.#known.size > mostIdle) this.#forgetOne();
  }

  /** `delivered`: something was. What fails at once says nothing of how quick the host is. */
  ended(host: ByteString, delivery: number, delivered: boolean): void {
    const destination = this.#known.get(host);
    const since = destination?.begun.get(delivery);
    if (destination === undefined || since === undefined) return;
    destination.begun.delete(delivery);
    const took = this.#clock.monotonic() - since;
    if (!delivered && took < slowMs) return;
    destination.mean = destination.mean === undefined ? took : destination.mean + (took - destination.mean) * weight;
    this.#quickest = Math.min(this.#quickest, destination.mean);
  }

  #mayBegin(destination: Destination): boolean {
    const atWork = destination.begun.size;
    return atWork === 0 || atWork < this.#free() || !this.#slow(destination);
  }

  #slow(destination: Destination): boolean {
    const now = this.#clock.monotonic();
    this.#look(now);
    if (this.#quickest === Number.POSITIVE_INFINITY) return false;
    if (destination.mean === undefined) return destination.begun.size >= firstWindow;
    const oldest = destination.begun.get(destination.begun.lowest() ?? 0) ?? now;
    const takes = Math.max(destination.mean, now - oldest);
    return takes >= slowMs && takes >= slowTimes * this.#quickest;
  }

  #look(now: number): void {
    if (now - this.#looked < lookMs) return;
    this.#looked = now;
    this.#quickest = Number.POSITIVE_INFINITY;
    for (const { mean = Number.POSITIVE_INFINITY, last } of this.#known.values())
      if (now - last < aboutMs) this.#quickest = Math.min(this.#quickest, mean);
  }

  /** Forgets the host unused for longest, of those that nothing is known to wait for. */
  #forgetOne(): void {
    for (const { host, begun, aside } of this.#known.values()) {
      if (begun.size > 0 || aside.size > 0) continue;
      this.#known.delete(host);
      return;
    }
  }
}
