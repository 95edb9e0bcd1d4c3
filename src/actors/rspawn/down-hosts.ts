/**
 * rspawn's table of hosts that are down, kept in memory and shared with commands through queue/tcpto: what qmail-remote
 * learns counts here, and qmail-tcpok empties it (spec remote.md §7). A file that cannot be used is no reason to stop.
 */
import { DeadHosts } from '../../protocol/dead-hosts.js';
import { deadHostsStamp, readDeadHosts, writeDeadHosts } from '../../store/dead-hosts-file.js';
import { type Clock, secondsOf } from '../kernel/clock.js';

/** Milliseconds between two looks at the file. */
const lookEveryMs = 1_000;

export class DownHosts {
  readonly #table = new DeadHosts();
  readonly #queueDir: string;
  readonly #clock: Clock;
  #looked = Number.NEGATIVE_INFINITY;
  #stamp = '';

  constructor(queueDir: string, clock: Clock) {
    this.#queueDir = queueDir;
    this.#clock = clock;
  }

  /** Forgets all, as every start of qmail-rspawn does. */
  clear(): void {
    this.#table.clear();
    this.#write();
  }

  /** Addresses that are not to be tried now. */
  addresses(): readonly string[] {
    this.#look();
    const now = secondsOf(this.#clock);
    const jitter = Math.floor(Math.random() * 32);
    const dead: string[] = [];
    for (const { address } of this.#table.entries()) if (this.#table.isDead(address, now, jitter)) dead.push(address);
    return dead;
  }

  /** What a delivery met with. */
  learn(timedOut: readonly string[], reached: string | undefined): void {
    let changed = false;
    const now = secondsOf(this.#clock);
    for (const address of timedOut) changed = this.#table.timedOut(address, now) || changed;
    if (reached !== undefined) changed = this.#table.reached(reached) || changed;
    if (changed) this.#write();
  }

  #look(): void {
    const now = this.#clock.monotonic();
    if (now - this.#looked < lookEveryMs) return;
    this.#looked = now;
    const stamp = deadHostsStamp(this.#queueDir);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      const hosts = readDeadHosts(this.#queueDir);
      this.#table.clear();
      this.#table.restore(hosts);
    } catch {
      // Memory knows as much.
    }
  }

  #write(): void {
    try {
      writeDeadHosts(this.#queueDir, this.#table.entries());
    } catch {
      // Memory knows as much; commands do not hear of it.
    }
    this.#stamp = deadHostsStamp(this.#queueDir);
  }
}
