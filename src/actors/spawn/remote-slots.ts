/**
 * What rspawn sees of the threads that carry remote mail: a session is opened for a route, gets deliveries
 * one after another, and is closed. The pool of worker threads and the one-thread form are interchangeable.
 */
import type { Route } from '../../protocol/mx.js';
import type { Settings } from '../../protocol/settings.js';
import type { Unanswered } from '../kernel/actor.js';
import type { RemoteDelivery, RemoteReport } from '../messages.js';

export interface SessionStart {
  readonly target: Route;
  readonly settings: Pick<Settings, 'helohost' | 'timeoutconnect' | 'timeoutremote' | 'nameservers'>;
  /** Addresses that are down now (spec remote.md §7). */
  readonly skip: readonly string[];
}

export interface RemoteSlot {
  readonly session: number;
  /** False when its thread has ended: a delivery would come back unanswered. */
  readonly usable: boolean;
  /** True when the thread keeps the body of this message from an earlier delivery. */
  holds(message: number): boolean;
  /** Never rejects. After a report with `closed`, or no report, the slot must not be used again. */
  deliver(delivery: RemoteDelivery): Promise<RemoteReport | Unanswered>;
  close(): void;
}

export interface RemoteSlots {
  open(start: SessionStart): RemoteSlot;
  /** Takes a new concurrencyremote. */
  resize(settings: Settings): void;
  close(): Promise<void>;
  readonly threads: number;
  /** Threads that ended by themselves and were started anew. */
  readonly restarts: number;
}
