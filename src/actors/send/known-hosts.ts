/**
 * The remote hosts that `send` remembers, in two groups: those that have taken mail, and newcomers, which nobody has seen
 * take any or which have hung ever since. Newcomers are forgotten first, so that no number of them drives out the others.
 * It remembers and counts; it decides nothing.
 */
import type { ByteString } from '../../protocol/mail.js';
import { NumberMap } from '../kernel/number-map.js';
import type { Pass } from './job.js';

/** Hosts of each group that are remembered beyond those with deliveries at work or mail aside. */
const mostIdle = 1_000;
/** Deliveries in a row that hung after which a host is a newcomer again. */
const mostHung = 3;

export interface Destination {
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
  /** Set by `KnownHosts` alone. */
  newcomer: boolean;
  /** Deliveries that hung since one was taken. */
  hung: number;
}

export class KnownHosts {
  /** Those unused for longest come first. */
  readonly #proven = new Map<ByteString, Destination>();
  readonly #newcomers = new Map<ByteString, Destination>();
  /** Deliveries to newcomers at work. */
  newcomersAtWork = 0;
  /** How often a host went from one group to the other. */
  changes = 0;

  get(host: ByteString): Destination | undefined {
    return this.#proven.get(host) ?? this.#newcomers.get(host);
  }

  /** The host, a newcomer when nothing is known of it. */
  meet(host: ByteString): Destination {
    return this.get(host) ?? this.#add(host);
  }

  /** It is the one used last. */
  touch(destination: Destination): void {
    const group = this.#groupOf(destination);
    group.delete(destination.host);
    group.set(destination.host, destination);
  }

  begun(destination: Destination, delivery: number, now: number): void {
    destination.begun.set(delivery, now);
    if (destination.newcomer) this.newcomersAtWork += 1;
  }

  /** When the delivery began; undefined when there is none. */
  ended(destination: Destination, delivery: number): number | undefined {
    const since = destination.begun.get(delivery);
    if (!destination.begun.delete(delivery)) return undefined;
    if (destination.newcomer) this.newcomersAtWork -= 1;
    return since;
  }

  /** It took mail. True when it was a newcomer. */
  took(destination: Destination): boolean {
    destination.hung = 0;
    if (!destination.newcomer) return false;
    this.#move(destination, false);
    return true;
  }

  /** A delivery hung. True when that makes it a newcomer. */
  hung(destination: Destination): boolean {
    destination.hung += 1;
    if (destination.newcomer || destination.hung < mostHung) return false;
    this.#move(destination, true);
    return true;
  }

  /** Walks through all: for now and then. */
  forgetIdle(): void {
    forgetBeyond(this.#proven);
    forgetBeyond(this.#newcomers);
  }

  get provenCount(): number {
    return this.#proven.size;
  }

  proven(): IterableIterator<Destination> {
    return this.#proven.values();
  }

  newcomers(): IterableIterator<Destination> {
    return this.#newcomers.values();
  }

  #add(host: ByteString): Destination {
    const never = Number.NEGATIVE_INFINITY;
    const aside = new Set<Pass>();
    const times = { mean: undefined, begun: new NumberMap<number>(), last: never, placed: never };
    const destination: Destination = { host, ...times, aside, newcomer: true, hung: 0 };
    this.#newcomers.set(host, destination);
    return destination;
  }

  #groupOf({ newcomer }: Destination): Map<ByteString, Destination> {
    return newcomer ? this.#newcomers : this.#proven;
  }

  #move(destination: Destination, newcomer: boolean): void {
    this.changes += 1;
    this.#groupOf(destination).delete(destination.host);
    destination.newcomer = newcomer;
    const group = this.#groupOf(destination);
    group.set(destination.host, destination);
    this.newcomersAtWork += newcomer ? destination.begun.size : -destination.begun.size;
  }
}

/** Forgets those unused for longest, of those that nothing is known to wait for, while there are too many. */
function forgetBeyond(group: Map<ByteString, Destination>): void {
  let idle = 0;
  for (const destination of group.values()) if (isIdle(destination)) idle += 1;
  if (idle <= mostIdle) return;
  for (const destination of group.values()) {
    if (!isIdle(destination)) continue;
    group.delete(destination.host);
    idle -= 1;
    if (idle === mostIdle) return;
  }
}

const isIdle = ({ begun, aside }: Destination): boolean => begun.size === 0 && aside.size === 0;
