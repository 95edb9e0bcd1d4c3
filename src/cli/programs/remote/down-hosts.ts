/**
 * What a command knows of hosts that are down: read at its start, changed at its end when there is something new.
 * A table that cannot be read or written is no reason not to deliver (qmail's tcpto, spec remote.md §7).
 */
import { DeadHosts } from '../../../protocol/dead-hosts.js';
import { readDeadHosts, writeDeadHosts } from '../../../store/dead-hosts-file.js';

const seconds = (): number => Math.floor(Date.now() / 1000);

export class DownHosts {
  /** Not to be tried now. */
  readonly addresses: ReadonlySet<string>;
  readonly #queueDir: string;

  private constructor(queueDir: string, addresses: ReadonlySet<string>) {
    this.#queueDir = queueDir;
    this.addresses = addresses;
  }

  static open(queueDir: string): DownHosts {
    const table = read(queueDir);
    const now = seconds();
    const jitter = process.pid % 32;
    const dead = table.entries().filter(({ address }) => table.isDead(address, now, jitter));
    return new DownHosts(queueDir, new Set(dead.map(({ address }) => address)));
  }

  /** Writes down what the delivery met with. */
  learn(timedOut: readonly string[], reached: string | undefined): void {
    if (timedOut.length === 0 && reached === undefined) return;
    // Read again: the delivery may have taken a long time.
    const table = read(this.#queueDir);
    const now = seconds();
    let changed = false;
    for (const address of timedOut) changed = table.timedOut(address, now) || changed;
    if (reached !== undefined) changed = table.reached(reached) || changed;
    if (!changed) return;
    try {
      writeDeadHosts(this.#queueDir, table.entries());
    } catch {
      // The next delivery tries the host once more.
    }
  }
}

function read(queueDir: string): DeadHosts {
  const table = new DeadHosts();
  try {
    table.restore(readDeadHosts(queueDir));
  } catch {
    // Only the owner of the queue and root may look into it.
  }
  return table;
}
