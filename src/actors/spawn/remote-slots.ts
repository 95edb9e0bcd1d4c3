/**
 * What rspawn sees of the threads that carry remote mail: a session is opened for a route, gets deliveries
 * one after another, and is closed. The pool of worker threads and a one-thread form are interchangeable.
 */
import type { Route } from '../../protocol/mx.js';
import type { Settings } from '../../protocol/settings.js';
import type { RemoteDelivery, RemoteReport } from '../messages.js';
import type { Slot } from './slot-pool.js';

export interface SessionStart {
  readonly target: Route;
  readonly settings: Pick<Settings, 'helohost' | 'remotegreet' | 'timeoutconnect' | 'timeoutremote' | 'nameservers'>;
  /** Addresses that are down now (spec remote.md §7). */
  readonly skip: readonly string[];
}

/** After a report with `closed`, or no report, the slot must not be used again. */
export type RemoteSlot = Slot<RemoteDelivery, RemoteReport>;

export interface RemoteSlots {
  open(start: SessionStart): RemoteSlot;
  /** Takes a new concurrencyremote. */
  resize(settings: Settings): void;
  close(): Promise<void>;
  readonly threads: number;
  /** How often a thread was started anew. */
  readonly restarts: number;
}
