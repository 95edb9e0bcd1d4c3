/**
 * What the commands see of a running node: the options it is started with and the
 * handle that comes back. Types only; node.ts implements them.
 */
import type { ByteString } from '../protocol/mail.js';
import type { Settings, SettingsProblem } from '../protocol/settings.js';
import type { MessageHead, RecipientRow } from '../store/queue-store.js';

/** One bound listener with its inherited descriptors, one a front thread and a few spares for restarts. */
export interface InheritedListener {
  readonly protocol: string;
  readonly address: string;
  /** The port really bound; never 0. */
  readonly port: number;
  readonly fds: readonly number[];
}

export interface NodeOptions {
  /** Absolute path of the home folder. */
  readonly home: string;
  readonly settings: Settings;
  readonly listenerFds: readonly InheritedListener[];
  /** Effective uid of the node process. */
  readonly uid: number;
  /** In place of control/defaultdelivery, also after a reload (qmail-start's argument). */
  readonly defaultDelivery?: ByteString;
  /** Socket of the root process that delivers locally; absent: deliveries go to `uid` alone. */
  readonly lspawndSocket?: string;
}

/** One message as `tqmail queue` shows it. */
export interface QueuedMessage {
  readonly head: MessageHead;
  /** True when its sender will get a bounce. */
  readonly bouncing: boolean;
  /** The first recipients, of a long list the first that are not done; `head.recipientCount` says how many there are. */
  readonly recipients: readonly RecipientRow[];
}

/** One message whole but for its body; `recipients` are those from an index on that fit into one answer. */
export interface QueuedPart {
  readonly head: MessageHead;
  /** True when send has looked at it: qmail would have preprocessed it. */
  readonly seen: boolean;
  readonly bounce: ByteString;
  readonly recipients: readonly RecipientRow[];
}

export interface QueuePage {
  readonly messages: readonly QueuedMessage[];
  /** Messages in the queue, and those of them that are not yet preprocessed; the latter on the first page only. */
  readonly total: number;
  readonly todo: number;
  /** Ask again with `after` = this id; undefined at the end. */
  readonly next: number | undefined;
}

/** What may be ordered for single messages. */
export type Order = 'remove' | 'bounce' | 'hold' | 'retry';
export interface OrderCounts {
  readonly done: number;
  /** A delivery is under way, or the queue cannot change now: ask for these again. */
  readonly busy: readonly number[];
  /** No longer queued. */
  readonly gone: number;
}

/** What a node tells of itself. `counters` are those of all its actors; their names are dotted, `send.slots.remote`. */
export interface NodeReport {
  readonly uptimeSeconds: number;
  readonly topology: string;
  readonly threads: {
    readonly front: number;
    readonly core: number;
    readonly remote: number;
    readonly local: number;
    /** Threads that ended and were started again. */
    readonly restarts: number;
  };
  readonly paused: boolean;
  readonly draining: boolean;
  /** The queue takes no mail: its disk is full. */
  readonly full: boolean;
  /** Resident octets of the whole node process. */
  readonly memory: number;
  readonly counters: Readonly<Record<string, number | string>>;
}

export interface RunningNode {
  /** A NodeReport for `tqmail status`: JSON-ready, no secrets. */
  status(): Promise<NodeReport>;
  /** Rereads all control files; on any problem the old settings stay and every problem is returned. */
  reload(): Promise<{ readonly problems: readonly SettingsProblem[] }>;
  /** Makes every message due now (qmail-send's ALRM). */
  allDue(): Promise<void>;
  /** Makes mail for these domains, `.domain`s or relay hosts due now; resolves to how many messages, when that is known. */
  flush(names: readonly string[]): Promise<number | undefined>;
  /** Removes, bounces, holds or tries single messages. */
  order(what: Order, ids: readonly number[]): Promise<OrderCounts>;
  /** Stops accepting and delivering until `cont`. */
  pause(): Promise<void>;
  cont(): Promise<void>;
  /** Messages with id > after, ascending, at most `limit`. */
  queuePage(after: number, limit: number): Promise<QueuePage>;
  /**
   * The messages with the next ids after `after`, ascending, recipients of the first from `from` on. Of the last one some
   * recipients may be missing (`head.recipientCount` tells); empty when there is no message.
   */
  queuedParts(after: number, from: number): Promise<readonly QueuedPart[]>;
  /** Ends sessions and deliveries within `graceMs` milliseconds, defers what is left, closes the store. */
  stop(graceMs: number): Promise<void>;
  /** Resolves with the reason when the node can no longer work; the process must then exit non-zero. */
  readonly failed: Promise<string>;
}
