/**
 * Remote slots shared fairly: a host whose deliveries take much longer than others' may hold no more slots than
 * it leaves free while mail for others is about, and its mail waits aside, where it is in nobody's way. A message for
 * many, which could fill all slots with deliveries that hang, leaves some to others.
 * It counts and chooses; it starts nothing and keeps no mail.
 */
import type { ByteString } from '../../protocol/mail.js';
import type { Clock } from '../kernel/clock.js';
import { Hanging } from './hanging.js';
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
/** Messages for many, together: they leave as many slots as they have deliveries that hang, at most this share of all, … */
const leftShare = 1 / 4;
/** … begin deliveries to hosts known to be slow while so many hang, … */
const slowShare = 1 / 2;
/** … and to hosts that never answered while so many do. */
const unknownShare = 5 / 8;
/** Hosts that are remembered beyond those with deliveries at work or mail aside. */
const mostIdle = 10_000;
/** Messages that may wait aside, all hosts together; those beyond wait in the queue for their next try. */
const mostAside = 2_000;
/** Recipients that may wait aside for hosts known to be slow. */
const mostRowsAside = 20_000;
const mostRowsOfPass = 5_000;
/** The quickest host is looked for this often (milliseconds). */
const lookMs = 1_000;
/** Hosts with mail aside that are asked at one look for a free slot. */
const looksAtOnce = 16;

interface Destination {
  readonly host: ByteString;
  /** Milliseconds that a delivery takes; undefined until the first one ended. */
  mean: number | undefined;
  /** It answered in no time, if only to refuse. */
  answered: boolean;
  /** Numbers of the deliveries at work, the oldest first, and when each began. */
  readonly atWork: number[];
  readonly since: number[];
  /** When the last one began. */
  last: number;
  /** Since when it has its place among the others. */
  placed: number;
  /** Passes with recipients of this host that wait aside, the oldest first; none: undefined. */
  aside: Set<Pass> | undefined;
}

function newDestination(host: ByteString): Destination {
  const never = Number.NEGATIVE_INFINITY;
  return { host, mean: undefined, answered: false, atWork: [], since: [], last: never, placed: never, aside: undefined };
}

/**
 * May a delivery begin? `aside`: when the host has fewer slots at work; `later`: the room aside is full as well; `wait`: no
 * further host may be tried that never answered.
 */
export type Turn = 'now' | 'aside' | 'later' | 'wait';

/** The remote slots, counted elsewhere. */
export interface SlotCount {
  most(): number;
  free(): number;
}

export class Destinations {
  readonly #clock: Clock;
  readonly #slots: SlotCount;
  /** Those unused for longest come first. */
  readonly #known = new Map<ByteString, Destination>();
  /** Hosts with mail aside, the one whose turn it is first. */
  readonly #waiting = new Set<Destination>();
  /** Deliveries of messages for many. */
  readonly #hanging = new Hanging();
  #aside = 0;
  #rowsAside = 0;
  #quickest = Number.POSITIVE_INFINITY;
  #looked = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, slots: SlotCount) {
    this.#clock = clock;
    this.#slots = slots;
  }

  /** Messages that wait aside. */
  get aside(): number {
    return this.#aside;
  }

  /** Whether a message for so many could fill all slots by itself. */
  isForMany(recipients: number): boolean {
    return recipients > this.#slots.most();
  }

  /** Whether messages for many may take one more slot. */
  leavesSlots(): boolean {
    const most = this.#slots.most();
    return this.#slots.free() > Math.min(this.#hanging.count(this.#clock.monotonic()), Math.floor(most * leftShare));
  }

  /** `many`: a message for many asks. `rows`: its recipients that wait aside. */
  turnOf(host: ByteString, many: boolean, rows: number): Turn {
    const known = this.#known.get(host);
    if (many && known?.mean === undefined && known?.answered !== true && !this.#fewHang(unknownShare)) return 'wait';
    if (known === undefined || this.#mayBegin(known, many)) return 'now';
    // Before the first answer nobody knows whether it is slow.
    if (known.mean === undefined) return this.#aside < mostAside ? 'aside' : 'now';
    return this.#aside < mostAside && this.#rowsAside < mostRowsAside && rows < mostRowsOfPass ? 'aside' : 'later';
  }

  /** The pass has one more recipient of this host that waits. */
  setAside(host: ByteString, pass: Pass): void {
    const destination = this.#known.get(host);
    if (destination === undefined) return;
    this.#rowsAside += 1;
    destination.aside ??= new Set();
    if (destination.aside.has(pass)) return;
    destination.aside.add(pass);
    this.#waiting.add(destination);
    this.#aside += 1;
  }

  /** So many of them wait no more; `last`: the pass has none left for this host. */
  takeBack(host: ByteString, pass: Pass, rows: number, last: boolean): void {
    this.#rowsAside -= rows;
    const destination = this.#known.get(host);
    if (!last || destination?.aside?.delete(pass) !== true) return;
    this.#aside -= 1;
    if (destination.aside.size > 0) return;
    destination.aside = undefined;
    this.#waiting.delete(destination);
  }

  /** A pass that waits aside and the host it may begin a delivery to, if there is one; hosts take turns. */
  next(mayTry: (pass: Pass) => boolean): { readonly pass: Pass; readonly host: ByteString } | undefined {
    let looks = Math.min(looksAtOnce, this.#waiting.size);
    for (const destination of this.#waiting) {
      if (looks === 0) return undefined;
      looks -= 1;
      this.#waiting.delete(destination);
      this.#waiting.add(destination);
      if (!this.#mayBegin(destination, false)) continue;
      const { host, aside = [] } = destination;
      for (const pass of aside) {
        if (pass.many && !this.#mayBegin(destination, true)) continue;
        if (mayTry(pass)) return { pass, host };
      }
    }
    return undefined;
  }

  begun(host: ByteString, delivery: number, many: boolean): void {
    const now = this.#clock.monotonic();
    const destination = this.#known.get(host) ?? newDestination(host);
    if (many) this.#hanging.begun(delivery, now, this.#takesLong(destination));
    destination.atWork.push(delivery);
    destination.since.push(now);
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
    const at = destination?.atWork.indexOf(delivery) ?? -1;
    if (destination === undefined || at < 0) return;
    const now = this.#clock.monotonic();
    this.#hanging.ended(delivery, now, delivered);
    destination.atWork.splice(at, 1);
    const [since = 0] = destination.since.splice(at, 1);
    const took = now - since;
    if (took < slowMs) destination.answered = true;
    if (!delivered && took < slowMs) return;
    destination.mean = destination.mean === undefined ? took : destination.mean + (took - destination.mean) * weight;
    this.#quickest = Math.min(this.#quickest, destination.mean);
  }

  #mayBegin(destination: Destination, many: boolean): boolean {
    const atWork = destination.atWork.length;
    if (atWork > 0 && atWork >= this.#slots.free() && this.#slow(destination)) return false;
    return !many || !this.#takesLong(destination) || this.#fewHang(slowShare);
  }

  /** Its deliveries hang, as far as is known. */
  #takesLong({ mean }: Destination): boolean {
    return mean !== undefined && mean >= this.#hanging.longMs;
  }

  #fewHang(share: number): boolean {
    return this.#hanging.count(this.#clock.monotonic()) < this.#slots.most() * share;
  }

  #slow(destination: Destination): boolean {
    const now = this.#clock.monotonic();
    this.#look(now);
    if (this.#quickest === Number.POSITIVE_INFINITY) return false;
    if (destination.mean === undefined) return destination.atWork.length >= firstWindow;
    const takes = Math.max(destination.mean, now - (destination.since[0] ?? now));
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
    for (const { host, atWork, aside } of this.#known.values()) {
      if (atWork.length > 0 || aside !== undefined) continue;
      this.#known.delete(host);
      return;
    }
  }
}
