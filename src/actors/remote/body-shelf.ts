/**
 * Bodies as remote deliveries need them, in wire form; those of messages with several deliveries are kept
 * until rspawn says to forget them, which bounds them (spawn/worker-link.ts). Reads no files.
 */
import type { Outcome } from '../../protocol/mail.js';
import { unixToWire, untransferableOutcome } from '../../protocol/smtp/data.js';
import type { WorkerDelivery } from '../messages.js';
import type { RemoteBody } from './session.js';

export class BodyShelf {
  readonly #kept = new Map<number, Uint8Array | Outcome>();

  /** Undefined when the delivery came without a body and none is kept; an outcome when SMTP cannot carry the message. */
  bodyOf({ message, shared, form, bytes, file }: WorkerDelivery): RemoteBody | Outcome | undefined {
    if (file !== undefined) return { path: file };
    if (bytes === undefined) return this.#kept.get(message);
    const converted = form === 'wire' ? bytes : unixToWire(bytes);
    const wire = typeof converted === 'string' ? untransferableOutcome(converted) : converted;
    if (shared) this.#kept.set(message, wire);
    return wire;
  }

  forget(message: number): void {
    this.#kept.delete(message);
  }
}
