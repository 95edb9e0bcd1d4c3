/**
 * The piscina pool that delivers locally: one task a delivery (its fsync costs more than the task),
 * ceil(concurrencylocal / threads) of them at once a thread. send never asks for more than there are slots.
 */
import { Piscina } from 'piscina';
import type { Settings } from '../../protocol/settings.js';
import type { LocalReport, WorkerDelivery } from '../messages.js';
import type { LocalSlots } from './local-slots.js';
import { PoolDeaths, type TellDeath } from './pool-deaths.js';

/** What each thread of the pool is started with; plain data. */
export interface LocalThreadData {
  readonly home: string;
  readonly nonce: string;
  readonly uid: number;
  readonly lspawndSocket?: string;
}
export interface LocalTask {
  readonly delivery: WorkerDelivery;
  readonly defaultDelivery: string;
}

export class LocalPool implements LocalSlots {
  readonly threads: number;
  readonly #data: LocalThreadData;
  readonly #deaths: PoolDeaths;
  #pool: Piscina<LocalTask, LocalReport>;
  #tasks: number;

  /** `died` is told why a thread ended; it is started anew at once. */
  constructor(threads: number, settings: Settings, data: LocalThreadData, died: TellDeath) {
    this.#deaths = new PoolDeaths(died);
    this.threads = threads;
    this.#data = data;
    this.#tasks = this.#tasksEach(settings);
    this.#pool = this.#newPool();
  }

  #tasksEach(settings: Settings): number {
    return Math.max(1, Math.ceil(settings.concurrencylocal / this.threads));
  }

  get restarts(): number {
    return this.#deaths.count;
  }

  #newPool(): Piscina<LocalTask, LocalReport> {
    const pool = new Piscina<LocalTask, LocalReport>({
      filename: new URL('../local/pool-worker.js', import.meta.url).href,
      minThreads: this.threads,
      maxThreads: this.threads,
      concurrentTasksPerWorker: this.#tasks,
      atomics: 'disabled',
      workerData: this.#data,
    });
    this.#deaths.watch(pool);
    return pool;
  }

  deliver(delivery: WorkerDelivery, defaultDelivery: string): Promise<LocalReport> {
    return this.#pool.run({ delivery, defaultDelivery });
  }

  resize(settings: Settings): void {
    const tasks = this.#tasksEach(settings);
    if (tasks === this.#tasks) return;
    this.#tasks = tasks;
    const old = this.#pool;
    this.#deaths.closing(old);
    this.#pool = this.#newPool();
    void old.close();
  }

  async close(): Promise<void> {
    this.#deaths.closing(this.#pool);
    await this.#pool.destroy();
  }
}
