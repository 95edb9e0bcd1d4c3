/**
 * The pool of threads that carry remote mail: one piscina pool of one thread each, so that the link to
 * each thread is known. A task is a session at work; ceil(concurrencyremote / threads) of them fit a thread.
 * A thread that dies answers nothing more: its deliveries are deferred, piscina starts it anew.
 */
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Settings } from '../../protocol/settings.js';
import type { Cancel, Clock } from '../kernel/clock.js';
import type { RemoteDelivery } from '../messages.js';
import { PoolDeaths, type TellDeath } from './pool-deaths.js';
import type { RemoteSlot, RemoteSlots, SessionStart } from './remote-slots.js';
import { WorkerLink } from './worker-link.js';

/** What a pool thread is given for a session; `port` comes with the first session of a thread. */
export interface SessionTask {
  readonly session: number;
  readonly start: SessionStart;
  readonly port?: import('node:worker_threads').MessagePort;
}

const sweepMs = 1_000;

class PoolThread {
  readonly #clock: Clock;
  readonly #deaths: PoolDeaths;
  #pool: Piscina;
  #link: WorkerLink | undefined;
  sessions = 0;

  constructor(tasks: number, clock: Clock, deaths: PoolDeaths) {
    this.#clock = clock;
    this.#deaths = deaths;
    this.#pool = this.#newPool(tasks);
  }

  #newPool(tasks: number): Piscina {
    const pool = new Piscina({
      filename: new URL('../remote/pool-worker.js', import.meta.url).href,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: tasks,
      // Other modes park an idle worker's event loop, and with it its sockets and timers.
      atomics: 'disabled',
      idleTimeout: Number.POSITIVE_INFINITY,
    });
    this.#deaths.watch(pool);
    return pool;
  }

  open(session: number, start: SessionStart): WorkerLink {
    const fresh = this.#link === undefined || this.#link.closedReason !== undefined;
    const task: { -readonly [K in keyof SessionTask]: SessionTask[K] } = { session, start };
    if (fresh) {
      const { port1, port2 } = new MessageChannel();
      this.#link = new WorkerLink(port1, this.#clock);
      task.port = port2;
    }
    const link = this.#link as WorkerLink;
    this.sessions += 1;
    const over = (): void => {
      this.sessions -= 1;
    };
    this.#pool.run(task, task.port === undefined ? {} : { transferList: [task.port] }).then(over, () => {
      over();
      link.end('gone');
    });
    return link;
  }

  expire(): void {
    this.#link?.expire();
  }

  /** A pool's size is fixed: a new one takes over, the old one ends when its sessions have. */
  resize(tasks: number): void {
    const old = this.#pool;
    this.#deaths.closing(old);
    this.#pool = this.#newPool(tasks);
    this.#link = undefined;
    void old.close();
  }

  async close(): Promise<void> {
    this.#deaths.closing(this.#pool);
    this.#link?.end('stopping');
    await this.#pool.destroy();
  }
}

export class RemotePool implements RemoteSlots {
  readonly #all: readonly PoolThread[];
  readonly #cancel: Cancel;
  readonly #deaths: PoolDeaths;
  #last = 0;
  #tasks: number;

  /** `died` is told why a thread ended; it is started anew at once. */
  constructor(threads: number, settings: Settings, clock: Clock, died: TellDeath) {
    this.#deaths = new PoolDeaths(died);
    this.#tasks = tasksEach(settings, threads);
    this.#all = Array.from({ length: threads }, () => new PoolThread(this.#tasks, clock, this.#deaths));
    this.#cancel = clock.every(sweepMs, () => {
      for (const thread of this.#all) thread.expire();
    });
  }

  get threads(): number {
    return this.#all.length;
  }

  get restarts(): number {
    return this.#deaths.count;
  }

  open(start: SessionStart): RemoteSlot {
    const thread = this.#all.reduce((least, other) => (other.sessions < least.sessions ? other : least));
    this.#last += 1;
    const session = this.#last;
    const link = thread.open(session, start);
    return {
      session,
      get usable() {
        return link.closedReason === undefined;
      },
      holds: (message) => link.holds(message),
      deliver: (delivery: RemoteDelivery) => link.deliver(delivery),
      close: () => link.close(session),
    };
  }

  resize(settings: Settings): void {
    const tasks = tasksEach(settings, this.#all.length);
    if (tasks === this.#tasks) return;
    this.#tasks = tasks;
    for (const thread of this.#all) thread.resize(tasks);
  }

  async close(): Promise<void> {
    this.#cancel();
    await Promise.all(this.#all.map((thread) => thread.close()));
  }
}

function tasksEach(settings: Settings, threads: number): number {
  return Math.max(1, Math.ceil(settings.concurrencyremote / threads));
}
