/**
 * What lspawn sees of the threads that deliver locally: one delivery in, one report out. The pool of worker
 * threads and the one-thread form are interchangeable.
 */
import type { Settings } from '../../protocol/settings.js';
import type { LocalReport, WorkerDelivery } from '../messages.js';

export interface LocalSlots {
  /** Rejects when the thread died with the delivery. */
  deliver(delivery: WorkerDelivery, defaultDelivery: string): Promise<LocalReport>;
  /** Takes a new concurrencylocal. */
  resize(settings: Settings): void;
  close(): Promise<void>;
  readonly threads: number;
  /** Threads that ended by themselves and were started anew. */
  readonly restarts: number;
}
