/**
 * The threads of a pool that ended by themselves: counted and told. Also hears the error of a thread that
 * had no task: unheard, it would end the thread that owns the pool.
 */
import type { Piscina } from 'piscina';

/** What is told of each thread that ended. */
export type TellDeath = (reason: string) => void;

export class PoolDeaths {
  readonly #tell: TellDeath;
  #closing = new WeakSet<Piscina>();
  /** Why the next thread that ends was ended. */
  #known: string | undefined;
  count = 0;

  constructor(tell: TellDeath) {
    this.#tell = tell;
  }

  watch(pool: Piscina): void {
    let reason = 'it ended without a reason';
    pool.on('error', (error: unknown) => {
      reason = String(error);
    });
    pool.on('workerDestroy', () => {
      if (this.#closing.has(pool)) return;
      this.count += 1;
      // The error of an idle thread comes right after.
      const known = this.#known;
      this.#known = undefined;
      queueMicrotask(() => this.#tell(known ?? reason));
    });
  }

  because(reason: string): void {
    this.#known = reason;
  }

  /** From now on the threads of this pool end because they are told to. */
  closing(pool: Piscina): void {
    this.#closing.add(pool);
  }
}
