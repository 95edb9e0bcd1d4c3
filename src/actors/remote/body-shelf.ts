/**
 * Bodies as remote deliveries need them, in wire form; those of messages with several deliveries are kept
 * until rspawn says to forget them, which bounds them (spawn/worker-link.ts). Reads no files.
 */
import type { Outcome } from '../../protocol/mail.js';
import { unixToWire, untransferableOutcome } from '../../protocol/smtp/data.js';
import type { RemoteDelivery } from '../messages.js';
import type { RemoteBody } from './session.js';

const noBody: Outcome = { status: 'Z', text: 'qmail-spawn unable to open message. (#4.3.0)\n' };

export class BodyShelf {
  readonly #kept = new Map<number, Uint8Array>();

  /** An outcome when there is no body, or one that SMTP cannot carry. */
  bodyOf({ message, shared, form, bytes, file }: RemoteDelivery): RemoteBody | Outcome {
    if (file !== undefined) return { path: file };
    if (bytes === undefined) return this.#kept.get(message) ?? noBody;
    const wire = form === 'wire' ? bytes : unixToWire(bytes);
    if (typeof wire === 'string') return untransferableOutcome(wire);
    if (shared) this.#kept.set(message, wire);
    return wire;
  }

  forget(message: number): void {
    this.#kept.delete(message);
  }
}
