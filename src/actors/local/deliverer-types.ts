/**
 * The shape of local delivery as the pool's local workers see it, and the taking apart of a
 * recipient. No delivery happens here.
 */
import { join } from 'node:path';
import { internalOutcome } from '../../protocol/local-report.js';
import type { ByteString, Outcome } from '../../protocol/mail.js';
import type { Body } from '../../store/queue-store.js';
import type { LocalReport, WorkerDelivery } from '../messages.js';
import { type LocalTarget, targetOf } from '../spawn/target.js';

export interface LocalDelivererOptions {
  /** The server's home. */
  readonly home: string;
  /** The queue's nonce, part of Maildir names. */
  readonly nonce: string;
  /** Uid of this process. */
  readonly uid: number;
  /** Path of lspawnd's socket; absent: deliveries go to this process's own uid alone. */
  readonly lspawndSocket?: string;
  /** Milliseconds to wait for lspawnd's socket to appear before mail is deferred; 5,000 unless a test says less. */
  readonly patience?: number;
  readonly hostname: string;
  /** Environment of the server; programs get only a part of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A delivery for one recipient; `bytes` or `file` is set, `file` absolute or below the queue folder. */
export type LocalDelivery = WorkerDelivery;

export interface LocalDeliverer {
  /** Delivers; trouble is an outcome. Forward lines come back for the caller to queue before it counts. */
  deliver(delivery: LocalDelivery, defaultDelivery: ByteString): Promise<LocalReport>;
  /** Sends a delivery on that is in its frame already, under this odd number; only where there is lspawnd. */
  deliverFrame?(id: number, frame: Uint8Array): Promise<LocalReport>;
  /** Ends programs and connections; deliveries under way are deferred. */
  close(): Promise<void>;
}

const trash: Outcome = { status: 'K', text: '' };

/** One of the two ways: in this process, or through lspawnd. */
export interface DeliveryWay {
  readonly deliverOne: (delivery: LocalDelivery, target: LocalTarget, defaultDelivery: ByteString) => Promise<LocalReport>;
  readonly deliverFrame?: NonNullable<LocalDeliverer['deliverFrame']>;
  readonly close: () => Promise<void>;
}

/** Answers what needs no user: an empty local part is thrown away; several recipients are a caller's bug. */
export function deliverSingly(deliverOne: DeliveryWay['deliverOne']): LocalDeliverer['deliver'] {
  return async (delivery, defaultDelivery) => {
    const recipient = delivery.recipients[0];
    if (recipient === undefined || delivery.recipients.length > 1) {
      return { outcomes: delivery.recipients.map(() => internalOutcome(112)) };
    }
    const target = targetOf(recipient);
    if (target.local === '') return { outcomes: [trash] };
    return deliverOne(delivery, target, defaultDelivery);
  };
}

/** The body of a delivery; a file's path becomes absolute. Undefined when the delivery came without one. */
export function bodyOf(delivery: LocalDelivery, home: string): Body | undefined {
  const { form, bytes, file } = delivery;
  if (bytes !== undefined) return { form, bytes };
  if (file === undefined) return undefined;
  return { form, file: file.startsWith('/') ? file : join(home, 'queue', file), size: 0 };
}
