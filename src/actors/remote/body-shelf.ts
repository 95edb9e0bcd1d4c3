/**
 * Bodies as remote deliveries need them, in wire form; those of messages with several deliveries are kept
 * until rspawn says to forget them, which bounds them (spawn/worker-link.ts). Reads no files.
 */
import { unixToWire } from '../../protocol/smtp/data.js';
import type { WorkerDelivery } from '../messages.js';
import type { RemoteBody } from './session.js';

export class BodyShelf {
  readonly #kept = new Map<number, Uint8Array>();

  /** Undefined when the delivery came without a body and none is kept. */
  bodyOf({ message, shared, form, bytes, file }: WorkerDelivery): RemoteBody | undefined {
    if (file !== undefined) return { path: file };
    if (bytes === undefined) return this.#kept.get(message);
    const wire = form === 'wire' ? bytes : unixToWire(bytes);
    if (shared) this.#kept.set(message, wire);
    return wire;
  }

  forget(message: number): void {
    this.#kept.delete(message);
  }
}
