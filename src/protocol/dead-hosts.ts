/**
 * The table of hosts that did not answer (qmail's tcpto, spec remote.md §7): two timeouts at least two
 * minutes apart silence an address for about an hour. Bounded; time and jitter come from the caller;
 * keeping it between runs is the store's business.
 */

export interface DeadHost {
  readonly address: string;
  /** Counted timeouts since the last success, 1 to 10. */
  readonly count: number;
  /** Time of the last counted one, in seconds since 1970. */
  readonly when: number;
}

const silentAfter = 2;
const countedAgainAfter = 120;
const maxCount = 10;
/** An entry with a higher count is replaced later, by this many seconds a count. */
const countWeight = 1024;

/** Seconds for which a silent address is skipped. `jitter` is a whole number from 0 to 31, one a process in qmail. */
export function silentSeconds(jitter: number): number {
  return (60 + jitter) * 64;
}

export class DeadHosts {
  readonly #capacity: number;
  readonly #hosts = new Map<string, DeadHost>();

  /** Keeps at most `capacity` addresses; qmail's file has room for 64. */
  constructor(capacity = 1024) {
    this.#capacity = capacity;
  }

  /** True when the address is to be skipped without connecting. A clock set back wakes it rather than hide it for long. */
  isDead(address: string, now: number, jitter: number): boolean {
    const host = this.#hosts.get(address);
    if (host === undefined || host.count < silentAfter) return false;
    const age = now - host.when;
    return age >= 0 && age < silentSeconds(jitter);
  }

  /** A connect that timed out (a refused one does not count). True when the table changed. */
  timedOut(address: string, now: number): boolean {
    const known = this.#hosts.get(address);
    if (known !== undefined) {
      const age = now - known.when;
      if (age >= 0 && age < countedAgainAfter) return false;
    } else if (this.#hosts.size >= this.#capacity) {
      this.#removeWeakest();
    }
    this.#hosts.set(address, { address, count: Math.min((known?.count ?? 0) + 1, maxCount), when: now });
    return true;
  }

  /** A connect that worked. True when the table changed. */
  reached(address: string): boolean {
    return this.#hosts.delete(address);
  }

  /** Forgets everything (qmail-tcpok, and every start). */
  clear(): void {
    this.#hosts.clear();
  }

  entries(): readonly DeadHost[] {
    return [...this.#hosts.values()];
  }

  /** Puts kept entries back, as many as there is room for. */
  restore(hosts: Iterable<DeadHost>): void {
    for (const host of hosts) {
      if (this.#hosts.size >= this.#capacity) return;
      if (host.count >= 1) this.#hosts.set(host.address, { ...host, count: Math.min(host.count, maxCount) });
    }
  }

  #removeWeakest(): void {
    let weakest: DeadHost | undefined;
    const weight = (host: DeadHost) => host.when + host.count * countWeight;
    for (const host of this.#hosts.values()) if (weakest === undefined || weight(host) < weight(weakest)) weakest = host;
    if (weakest !== undefined) this.#hosts.delete(weakest.address);
  }
}
