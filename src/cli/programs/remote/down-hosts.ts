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

  static async open(queueDir: string): Promise<DownHosts> {
    const table = await read(queueDir);
    const now = seconds();
    const jitter = process.pid % 32;
    const dead = table.entries().filter(({ address }) => table.isDead(address, now, jitter));
    return new DownHosts(queueDir, new Set(dead.map(({ address }) => address)));
  }

  /** Writes down what the delivery met with. */
  async learn(timedOut: readonly string[], reached: string | undefined): Promise<void> {
    if (timedOut.length === 0 && reached === undefined) return;
    // Read again: the delivery may have taken a long time.
    const table = await read(this.#queueDir);
    const now = seconds();
    let changed = false;
    for (const address of timedOut) changed = table.timedOut(address, now) || changed;
    if (reached !== undefined) changed = table.reached(reached) || changed;
    if (changed) await writeDeadHosts(this.#queueDir, table.entries()).catch(() => undefined);
  }
}

async function read(queueDir: string): Promise<DeadHosts> {
  const table = new DeadHosts();
  table.restore(await readDeadHosts(queueDir).catch(() => []));
  return table;
}
