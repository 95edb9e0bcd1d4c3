/**
 * Pool threads that carry deliveries: one piscina pool of one thread each, so that the link to each thread is
 * known. A task is a slot at work; ceil(concurrency / threads) of them fit a thread. Deliveries go over the link,
 * many in one post. A thread that dies answers nothing more: its deliveries are deferred, piscina starts it anew.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Unanswered } from '../kernel/actor.js';
import type { Cancel, Clock } from '../kernel/clock.js';
import { PulseWatch, watchPulses } from '../kernel/pulse.js';
import { type EdgeName, edgeRules } from '../topology.js';
import { PoolDeaths, type TellDeath } from './pool-deaths.js';
import { type SlotDelivery, WorkerLink } from './worker-link.js';

/** What a pool thread is given for a slot; `port` comes with the first slot of a thread. */
export interface SlotTask<S> {
  readonly session: number;
  readonly start: S;
  readonly port?: MessagePort;
}

/** A slot of some pool thread: takes deliveries until it is closed. */
export interface Slot<D, R> {
  readonly session: number;
  /** False when its thread has ended: a delivery would come back unanswered. */
  readonly usable: boolean;
  /** True when the thread keeps the body of this message from an earlier delivery. */
  holds(message: number): boolean;
  /** Never rejects. After no answer, or a report that says so, the slot must not be used again. */
  deliver(delivery: D): Promise<R | Unanswered>;
  close(): void;
}

export interface SlotPoolOptions {
  readonly edge: EdgeName;
  /** The threads' entry file. */
  readonly worker: URL;
  readonly workerData?: object;
  readonly threads: number;
  /** Threads are started by their first slot, not at once. */
  readonly late?: boolean;
  readonly concurrency: number;
  readonly clock: Clock;
  /** Told why a thread ended; it is started anew at once. */
  readonly died: TellDeath;
}

const sweepMs = 1_000;

class PoolThread<S, D extends SlotDelivery, R> {
  /** Of the threads of the present pool; those of one that was replaced are left to their deliveries. */
  pulse = new PulseWatch();
  readonly #options: SlotPoolOptions;
  readonly #deaths: PoolDeaths;
  /** Undefined: started late, and not yet. */
  #pool: Piscina<SlotTask<S>, void> | undefined;
  #tasks: number;
  #link: WorkerLink<D, R> | undefined;
  slots = 0;

  constructor(options: SlotPoolOptions, tasks: number, deaths: PoolDeaths) {
    this.#options = options;
    this.#deaths = deaths;
    this.#tasks = tasks;
    if (options.late !== true) this.#pool = this.#newPool();
  }

  /** Before that it has no pulse. */
  get isStarted(): boolean {
    return this.#pool !== undefined;
  }

  #newPool(): Piscina<SlotTask<S>, void> {
    this.pulse = new PulseWatch();
    const pool = new Piscina({
      filename: this.#options.worker.href,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: this.#tasks,
      // Other modes park an idle worker's event loop, and with it its sockets and timers.
      atomics: 'disabled',
      idleTimeout: Number.POSITIVE_INFINITY,
      // A pool that is replaced ends with its last delivery, however long that takes.
      closeTimeout: edgeRules[this.#options.edge].deadlineMs,
      workerData: { ...this.#options.workerData, pulse: this.pulse.shared },
    });
    this.#deaths.watch(pool);
    return pool;
  }

  open(session: number, start: S): WorkerLink<D, R> {
    const task: { -readonly [K in keyof SlotTask<S>]: SlotTask<S>[K] } = { session, start };
    if (this.#link === undefined || this.#link.closedReason !== undefined) {
      const { port1, port2 } = new MessageChannel();
      this.#link = new WorkerLink<D, R>(port1, this.#options.clock, this.#options.edge);
      task.port = port2;
    }
    const link = this.#link;
    this.slots += 1;
    const over = (): void => {
      this.slots -= 1;
    };
    this.#pool ??= this.#newPool();
    this.#pool.run(task, task.port === undefined ? {} : { transferList: [task.port] }).then(over, () => {
      over();
      link.end('gone');
    });
    return link;
  }

  expire(): void {
    this.#link?.expire();
  }

  /** It stands still: it is ended, its deliveries are deferred, the pool starts another. */
  terminate(): void {
    this.#deaths.because('it stood still');
    for (const thread of this.#pool?.threads ?? []) void thread.terminate();
  }

  /** A pool's size is fixed: a new one takes over, the old one ends when its slots have. */
  resize(tasks: number): void {
    this.#tasks = tasks;
    const old = this.#pool;
    if (old === undefined) return;
    this.#deaths.closing(old);
    this.#pool = this.#newPool();
    this.#link = undefined;
    void old.close();
  }

  async close(): Promise<void> {
    this.#link?.end('stopping');
    if (this.#pool === undefined) return;
    this.#deaths.closing(this.#pool);
    await this.#pool.destroy();
  }
}

export class SlotPool<S, D extends SlotDelivery, R> {
  readonly #all: readonly PoolThread<S, D, R>[];
  readonly #cancel: Cancel;
  readonly #endWatch: () => void;
  readonly #deaths: PoolDeaths;
  #last = 0;
  #tasks: number;

  constructor(options: SlotPoolOptions) {
    this.#deaths = new PoolDeaths(options.died);
    this.#tasks = tasksEach(options.concurrency, options.threads);
    this.#all = Array.from({ length: options.threads }, () => new PoolThread<S, D, R>(options, this.#tasks, this.#deaths));
    this.#cancel = options.clock.every(sweepMs, () => {
      for (const thread of this.#all) thread.expire();
    });
    this.#endWatch = watchPulses(
      () => this.#all.filter((thread) => thread.isStarted),
      (thread) => thread.terminate(),
    );
  }

  get threads(): number {
    return this.#all.length;
  }

  /** How often a thread was started anew. */
  get restarts(): number {
    return this.#deaths.count;
  }

  /** A new slot on the thread that has the fewest. */
  open(start: S): Slot<D, R> {
    const thread = this.#all.reduce((least, other) => (other.slots < least.slots ? other : least));
    this.#last += 1;
    const session = this.#last;
    const link = thread.open(session, start);
    return {
      session,
      get usable() {
        return link.closedReason === undefined;
      },
      holds: (message) => link.holds(message),
      deliver: (delivery) => link.deliver(delivery),
      close: () => link.close(session),
    };
  }

  /** True when the pool was replaced: slots of the old one must be closed by their holders. */
  resize(concurrency: number): boolean {
    const tasks = tasksEach(concurrency, this.#all.length);
    if (tasks === this.#tasks) return false;
    this.#tasks = tasks;
    for (const thread of this.#all) thread.resize(tasks);
    return true;
  }

  async close(): Promise<void> {
    this.#cancel();
    this.#endWatch();
    await Promise.all(this.#all.map((thread) => thread.close()));
  }
}

function tasksEach(concurrency: number, threads: number): number {
  return Math.max(1, Math.ceil(concurrency / threads));
}
