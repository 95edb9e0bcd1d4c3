/**
 * The pool threads that deliver locally. A slot takes one delivery at a time and is kept for the next; send never
 * asks for more at once than concurrencylocal. What goes on to lspawnd is put into its frame here, once for the whole way.
 */
import { hostname } from 'node:os';
import type { Settings } from '../../protocol/settings.js';
import { isUnanswered } from '../kernel/actor.js';
import type { Clock } from '../kernel/clock.js';
import type { LocalReport, WorkerDelivery } from '../messages.js';
import { framer } from './frame-delivery.js';
import type { LocalSlots } from './local-slots.js';
import type { TellDeath } from './pool-deaths.js';
import { type Slot, SlotPool } from './slot-pool.js';
import type { SlotDelivery } from './worker-link.js';

/** What each thread of the pool is started with; plain data. */
export interface LocalThreadData {
  readonly home: string;
  readonly nonce: string;
  readonly uid: number;
  readonly lspawndSocket?: string;
}
/** A delivery as the pool threads get it: as it is, or in the frame in which it goes on to lspawnd. */
export type LocalSlotDelivery = PlainDelivery | FramedDelivery;
interface PlainDelivery extends WorkerDelivery {
  readonly session: number;
  readonly defaultDelivery: string;
}
export interface FramedDelivery extends SlotDelivery {
  /** Its number in the frame: an odd one, the thread numbers plain deliveries evenly. */
  readonly framed: number;
  readonly bytes: Uint8Array;
}

export class LocalPool implements LocalSlots {
  readonly #pool: SlotPool<true, LocalSlotDelivery, LocalReport>;
  #idle: Slot<LocalSlotDelivery, LocalReport>[] = [];
  /** Counts replacements of the pool: a slot of an older one is not kept. */
  #generation = 0;
  readonly #frame: ((delivery: WorkerDelivery, id: number) => Buffer | undefined) | undefined;

  /** `died` is told why a thread ended; it is started anew at once. */
  constructor(threads: number, settings: Settings, clock: Clock, workerData: LocalThreadData, died: TellDeath) {
    const { nonce, lspawndSocket } = workerData;
    if (lspawndSocket !== undefined) this.#frame = framer(nonce, hostname());
    const worker = new URL('../local/pool-worker.js', import.meta.url);
    const concurrency = settings.concurrencylocal;
    // A server that only relays has no use for the thread; the remote pool's must be there before descriptors are short.
    this.#pool = new SlotPool({ edge: 'lspawn>local', worker, workerData, threads, late: true, concurrency, clock, died });
  }

  get threads(): number {
    return this.#pool.threads;
  }

  async deliver(delivery: WorkerDelivery, defaultDelivery: string): Promise<LocalReport> {
    const generation = this.#generation;
    const slot = this.#take();
    const report = await slot.deliver(this.#inSlot(delivery, slot.session, defaultDelivery));
    if (isUnanswered(report)) {
      slot.close();
      throw new Error(`no report (${report.why})`);
    }
    if (generation === this.#generation) this.#idle.push(slot);
    else slot.close();
    return report;
  }

  /** Bodies are not kept by local threads: every delivery brings its own. */
  #inSlot(delivery: WorkerDelivery, session: number, defaultDelivery: string): LocalSlotDelivery {
    const framed = 2 * session + 1;
    const bytes = this.#frame?.(delivery, framed);
    if (bytes === undefined) return { ...delivery, shared: false, session, defaultDelivery };
    return { message: delivery.message, shared: false, session, framed, bytes };
  }

  get restarts(): number {
    return this.#pool.restarts;
  }

  #take(): Slot<LocalSlotDelivery, LocalReport> {
    for (;;) {
      const slot = this.#idle.pop() ?? this.#pool.open(true);
      if (slot.usable) return slot;
    }
  }

  resize(settings: Settings): void {
    const idle = this.#idle;
    if (!this.#pool.resize(settings.concurrencylocal)) return;
    this.#generation += 1;
    this.#idle = [];
    for (const slot of idle) slot.close();
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
