/** The pool threads that carry remote mail: a slot is a session to one server. */
import type { Settings } from '../../protocol/settings.js';
import type { Clock } from '../kernel/clock.js';
import type { RemoteDelivery, RemoteReport } from '../messages.js';
import type { TellDeath } from './pool-deaths.js';
import type { RemoteSlot, RemoteSlots, SessionStart } from './remote-slots.js';
import { SlotPool } from './slot-pool.js';

export class RemotePool implements RemoteSlots {
  readonly #pool: SlotPool<SessionStart, RemoteDelivery, RemoteReport>;

  /** `died` is told why a thread ended; it is started anew at once. */
  constructor(threads: number, settings: Settings, clock: Clock, died: TellDeath) {
    const worker = new URL('../remote/pool-worker.js', import.meta.url);
    const concurrency = settings.concurrencyremote;
    this.#pool = new SlotPool({ edge: 'rspawn>remote', worker, threads, concurrency, clock, died });
  }

  get threads(): number {
    return this.#pool.threads;
  }

  get restarts(): number {
    return this.#pool.restarts;
  }

  open(start: SessionStart): RemoteSlot {
    return this.#pool.open(start);
  }

  resize(settings: Settings): void {
    this.#pool.resize(settings.concurrencyremote);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
