/**
 * Remote slots shared fairly: a host whose deliveries take much longer than others' may hold no more slots than
 * it leaves free while mail for others is about, newcomers have a share together, and mail beyond that waits aside, where
 * it is in nobody's way. Messages for many leave slots to others when their deliveries hang. It counts and chooses; it
 * starts nothing and keeps no mail.
 */
import type { ByteString } from '../../protocol/mail.js';
import type { Clock } from '../kernel/clock.js';
import { Hanging } from './hanging.js';
import type { Pass } from './job.js';
import { type Destination, KnownHosts } from './known-hosts.js';
import { hangMs, Newcomers } from './newcomers.js';

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
/** Messages that may wait aside, all hosts together; those beyond wait in the queue for their next try. */
const mostAside = 2_000;
/** Recipients of one message that may wait aside for hosts known to be slow. */
const mostRowsAside = 5_000;
/** Messages for many, together: they leave as many slots as they have deliveries that hang, at most this share of all, … */
const leftShare = 1 / 4;
/** … and begin deliveries to hosts known to be slow while so many hang. */
const slowShare = 1 / 2;
/** The quickest host is looked for this often (milliseconds). */
const lookMs = 1_000;
/** Hosts with mail aside that are asked at one look for a free slot. */
const looksAtOnce = 16;

/** May a delivery begin? `aside`: when the host has fewer slots at work; `later`: the room aside is full as well. */
export type Turn = 'now' | 'aside' | 'later';

export interface RemoteSlotCount {
  /** Slots that are not at work. */
  free(): number;
  most(): number;
}

interface Next {
  readonly pass: Pass;
  readonly host: ByteString;
}

export class Destinations {
  readonly #clock: Clock;
  readonly #slots: RemoteSlotCount;
  readonly #hosts = new KnownHosts();
  readonly #newcomers: Newcomers;
  /** Hosts with mail aside, the one whose turn it is first. */
  readonly #waiting = new Set<Destination>();
  /** The newcomers among those: none of them is looked at while newcomers have their share. */
  readonly #waitingNew = new Set<Destination>();
  /** Deliveries of messages for many. */
  readonly #hanging = new Hanging();
  #aside = 0;
  #asideNew = 0;
  #quickest = Number.POSITIVE_INFINITY;
  #looked = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, slots: RemoteSlotCount) {
    this.#clock = clock;
    this.#slots = slots;
    this.#newcomers = new Newcomers(
      () => slots.most(),
      () => this.#hosts.provenCount,
    );
  }

  /** Messages that wait aside. */
  get aside(): number {
    return this.#aside;
  }

  /** Those of them that are for newcomers. */
  get asideNew(): number {
    return this.#asideNew;
  }

  /** How often a host became one that takes mail, or ceased to be. */
  get changes(): number {
    return this.#hosts.changes;
  }

  /** Hosts that have taken mail, the one used last at the end. */
  *taken(): IterableIterator<ByteString> {
    for (const { host } of this.#hosts.proven()) yield host;
  }

  /** These have taken mail before. */
  recall(hosts: Iterable<ByteString>): void {
    for (const host of hosts) this.#hosts.took(this.#hosts.meet(host));
  }

  /** Whether such a message could fill all slots by itself. */
  isForMany({ recipientCount }: { readonly recipientCount: number }): boolean {
    return recipientCount > this.#slots.most();
  }

  /** Whether messages for many may take one more slot. */
  leavesSlots(): boolean {
    const most = this.#slots.most();
    return this.#slots.free() > Math.min(this.#hanging.count(this.#clock.monotonic()), Math.floor(most * leftShare));
  }

  /** `many`: a message for many asks. `rows`: its recipients that wait aside. */
  turnOf(host: ByteString, many = false, rows = 0): Turn {
    const known = this.#hosts.get(host);
    const room = known?.newcomer === false || this.#isRoomForNew();
    if (room && (known === undefined || this.#mayBegin(known, many))) return 'now';
    if (known?.mean !== undefined && rows >= mostRowsAside) return 'later';
    if (this.#aside < mostAside) return 'aside';
    if (!room) return this.#newcomers.standStill(this.#clock.monotonic()) ? 'later' : 'now';
    // Before the first answer nobody knows whether it is slow.
    return known?.mean === undefined ? 'now' : 'later';
  }

  /** The pass has recipients of this host that wait. */
  setAside(host: ByteString, pass: Pass): void {
    const destination = this.#hosts.meet(host);
    if (destination.aside.has(pass)) return;
    destination.aside.add(pass);
    this.#waitingOf(destination).add(destination);
    this.#countAside(destination, 1);
  }

  /** It has none left. */
  takeBack(host: ByteString, pass: Pass): void {
    const destination = this.#hosts.get(host);
    if (destination?.aside.delete(pass) !== true) return;
    this.#countAside(destination, -1);
    if (destination.aside.size === 0) this.#waitingOf(destination).delete(destination);
  }

  /** A pass that waits aside and the host it may begin a delivery to, if there is one; hosts take turns. */
  next(mayTry: (pass: Pass) => boolean): Next | undefined {
    return this.#nextOf(this.#waiting, mayTry) ?? (this.#isRoomForNew() ? this.#nextOf(this.#waitingNew, mayTry) : undefined);
  }

  #nextOf(waiting: Set<Destination>, mayTry: (pass: Pass) => boolean): Next | undefined {
    let looks = Math.min(looksAtOnce, waiting.size);
    for (const destination of waiting) {
      if (looks === 0) return undefined;
      looks -= 1;
      waiting.delete(destination);
      waiting.add(destination);
      if (!this.#mayBegin(destination, false)) continue;
      for (const pass of destination.aside) {
        if (pass.many && !this.#mayBegin(destination, true)) continue;
        if (mayTry(pass)) return { pass, host: destination.host };
      }
    }
    return undefined;
  }

  begun(host: ByteString, delivery: number, many = false): void {
    const now = this.#clock.monotonic();
    const destination = this.#hosts.meet(host);
    if (many) this.#hanging.begun(delivery, now, this.#takesLong(destination));
    if (!destination.newcomer) this.#newcomers.otherBegan(now);
    else if (this.#hosts.newcomersAtWork === 0) this.#newcomers.moved(now);
    this.#hosts.begun(destination, delivery, now);
    destination.last = now;
    // The order need not be finer, and a Map that is changed at every delivery is dear.
    if (now - destination.placed < lookMs) return;
    destination.placed = now;
    this.#hosts.touch(destination);
  }

  /** `delivered`: something was. What fails at once says nothing of how quick the host is. */
  ended(host: ByteString, delivery: number, delivered: boolean): void {
    const destination = this.#hosts.get(host);
    const since = destination === undefined ? undefined : this.#hosts.ended(destination, delivery);
    if (destination === undefined || since === undefined) return;
    const now = this.#clock.monotonic();
    const took = now - since;
    this.#hanging.ended(delivery, now, delivered);
    if (destination.newcomer && (delivered || took < hangMs)) this.#newcomers.moved(now);
    if (delivered) this.#regroup(destination, () => this.#hosts.took(destination));
    else if (took >= hangMs) this.#regroup(destination, () => this.#hosts.hung(destination));
    if (!delivered && took < slowMs) return;
    destination.mean = destination.mean === undefined ? took : destination.mean + (took - destination.mean) * weight;
    this.#quickest = Math.min(this.#quickest, destination.mean);
  }

  /** `change` may make a newcomer of the host, or another host of a newcomer: its mail waits among its like. */
  #regroup(destination: Destination, change: () => boolean): void {
    const waiting = this.#waitingOf(destination);
    const { size } = destination.aside;
    if (!change() || size === 0) return;
    waiting.delete(destination);
    this.#waitingOf(destination).add(destination);
    this.#asideNew += destination.newcomer ? size : -size;
  }

  #waitingOf({ newcomer }: Destination): Set<Destination> {
    return newcomer ? this.#waitingNew : this.#waiting;
  }

  #countAside({ newcomer }: Destination, by: 1 | -1): void {
    this.#aside += by;
    if (newcomer) this.#asideNew += by;
  }

  #isRoomForNew(): boolean {
    const now = this.#clock.monotonic();
    this.#look(now);
    return this.#hosts.newcomersAtWork < this.#newcomers.share(now);
  }

  #mayBegin(destination: Destination, many: boolean): boolean {
    const atWork = destination.begun.size;
    if (atWork > 0 && atWork >= this.#slots.free() && this.#slow(destination)) return false;
    return !many || !this.#takesLong(destination) || this.#fewHang();
  }

  /** Its deliveries hang, as far as is known. */
  #takesLong({ mean }: Destination): boolean {
    return mean !== undefined && mean >= this.#hanging.longMs;
  }

  #fewHang(): boolean {
    return this.#hanging.count(this.#clock.monotonic()) < this.#slots.most() * slowShare;
  }

  #slow(destination: Destination): boolean {
    const now = this.#clock.monotonic();
    this.#look(now);
    if (this.#quickest === Number.POSITIVE_INFINITY) return false;
    if (destination.mean === undefined) return destination.begun.size >= firstWindow;
    const takes = Math.max(destination.mean, now - oldestOf(destination, now));
    return takes >= slowMs && takes >= slowTimes * this.#quickest;
  }

  #look(now: number): void {
    if (now - this.#looked < lookMs) return;
    this.#looked = now;
    this.#quickest = Number.POSITIVE_INFINITY;
    let hanging = 0;
    for (const destination of this.#hosts.proven()) this.#lookAt(destination, now);
    for (const destination of this.#hosts.newcomers()) {
      this.#lookAt(destination, now);
      if (now - oldestOf(destination, now) >= hangMs) hanging += destination.begun.size;
    }
    this.#newcomers.looked(hanging, now);
    this.#hosts.forgetIdle();
  }

  #lookAt({ mean = Number.POSITIVE_INFINITY, last }: Destination, now: number): void {
    if (now - last < aboutMs) this.#quickest = Math.min(this.#quickest, mean);
  }
}

/** When the oldest delivery at work began; `now` when there is none. */
function oldestOf({ begun }: Destination, now: number): number {
  return begun.get(begun.lowest() ?? 0) ?? now;
}
