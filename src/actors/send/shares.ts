/**
 * How many of the remote slots one destination may hold, so that a host that hangs does not hold up the mail for all
 * others. A host is a domain of recipients. It counts, and decides who may begin; it starts nothing.
 *
 * A host that has not ended a delivery lately may hold a quarter of the slots, all such hosts together three quarters;
 * one that has may hold all slots while it is the only one, three quarters otherwise. Below four slots there is nothing
 * to share.
 */

/** Milliseconds after which a host whose oldest delivery is still under way hangs. */
const hangsAfterMs = 30_000;
/** A delivery that is over by then shows that the host hangs not, whatever its outcome was. */
const promptMs = 5_000;
/** A host that got no delivery for so long is forgotten. */
const forgetMs = 600_000;
/** Hosts that are remembered; beyond it the idle ones are forgotten at once. */
const mostHosts = 10_000;

interface Begun {
  readonly at: number;
  /** It counts among those of unknown hosts until it ends. */
  readonly unknown: boolean;
}

interface Host {
  readonly running: Map<number, Begun>;
  /** A delivery ended as it should, and none hangs since. */
  known: boolean;
  usedAt: number;
}

export class Shares {
  readonly #now: () => number;
  readonly #hosts = new Map<string, Host>();
  #most: number;
  #unknown = 0;

  /** `now`: milliseconds that never go back. */
  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  resize(most: number): void {
    this.#most = most;
  }

  get #reserve(): number {
    return Math.floor(this.#most / 4);
  }

  /** Deliveries that the host may begin now, as far as the host itself is concerned. */
  roomOf(name: string): number {
    const host = this.#hosts.get(name);
    if (this.#most < 4) return this.#most;
    const { known, running } = host ?? { known: false, running: { size: 0 } };
    const others = this.#hosts.size > (host === undefined ? 0 : 1);
    const most = known ? this.#most - (others ? this.#reserve : 0) : Math.ceil(this.#most / 4);
    return Math.max(0, most - running.size);
  }

  /** Unknown hosts together have as many as they may. */
  isUnknownFull(name: string): boolean {
    if (this.#most < 4 || this.#hosts.get(name)?.known === true) return false;
    return this.#unknown >= this.#most - this.#reserve;
  }

  allows(name: string): boolean {
    return this.roomOf(name) > 0 && !this.isUnknownFull(name);
  }

  begins(name: string, delivery: number): void {
    const now = this.#now();
    let host = this.#hosts.get(name);
    if (host === undefined) {
      if (this.#hosts.size >= mostHosts) this.forget(0);
      host = { running: new Map(), known: false, usedAt: now };
      this.#hosts.set(name, host);
    }
    host.usedAt = now;
    host.running.set(delivery, { at: now, unknown: !host.known });
    if (!host.known) this.#unknown += 1;
  }

  /** `answered`: the host took or refused a recipient for good. */
  ends(name: string, delivery: number, answered: boolean): void {
    const host = this.#hosts.get(name);
    const begun = host?.running.get(delivery);
    if (host === undefined || begun === undefined) return;
    host.running.delete(delivery);
    if (begun.unknown) this.#unknown -= 1;
    const now = this.#now();
    host.usedAt = now;
    if (answered || now - begun.at < promptMs) host.known = true;
  }

  /** The oldest delivery to the host is under way for long. Such a host has to show again that it answers. */
  hangs(name: string): boolean {
    const host = this.#hosts.get(name);
    const oldest = host?.running.values().next().value;
    if (host === undefined || oldest === undefined || this.#now() - oldest.at < hangsAfterMs) return false;
    host.known = false;
    return true;
  }

  /** Hosts that hang now. */
  get hanging(): number {
    let count = 0;
    for (const name of this.#hosts.keys()) if (this.hangs(name)) count += 1;
    return count;
  }

  /** Forgets hosts without a delivery for so many milliseconds. */
  forget(idleMs: number = forgetMs): void {
    const before = this.#now() - idleMs;
    for (const [name, { running, usedAt }] of this.#hosts) {
      if (running.size === 0 && usedAt <= before) this.#hosts.delete(name);
    }
  }
}
