/**
 * Where a command's message goes, whichever way into the queue it takes. A type alone.
 */
import type { Verdict } from '../../actors/inject/intake.js';

/** Where message and envelope go. */
export interface Destination {
  message(chunk: Uint8Array): Promise<void>;
  envelope(chunk: Uint8Array): Promise<void>;
  /** A verdict before the end: the rest need not be sent. */
  early(): Verdict | undefined;
  commit(): Promise<Verdict>;
  abandon(): Promise<void> | void;
}
