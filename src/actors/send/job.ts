/**
 * One message in progress: its recipients in memory, what is done of them, and what is not yet on
 * disk. No I/O and no decisions about when; passes and the keeper change it.
 */

import type { ByteString, Channel } from '../../protocol/mail.js';
import type { MessageHead } from '../../store/queue-store.js';
import type { Submission } from '../messages.js';

/** waiting: not begun in this pass. deferred: tried in this pass, stays for the next. */
export type RowState = 'waiting' | 'running' | 'deferred' | 'done';

export interface Row {
  readonly index: number;
  readonly channel: Channel;
  /** After routing, as the delivery gets it. */
  readonly address: ByteString;
  state: RowState;
}

/** One walk over a message's undone recipients on one channel (spec send.md §3.3). */
export interface Pass {
  readonly job: Job;
  readonly channel: Channel;
  /** When the channel is tried again, seconds since 1970; computed when the pass was opened. */
  readonly nextTry: number;
  /** The message is too old: temporary failures become permanent. */
  readonly dying: boolean;
  /** Recipients in memory that wait for a slot; `from` is the first that may still wait. */
  rows: readonly Row[];
  from: number;
  /** The same by host, where those of one host share a transaction; also some that wait no more. */
  byHost: Map<ByteString, Row[]> | undefined;
  /** Recipients in memory that wait until their host (in lower case) may have another slot. */
  readonly aside: Map<ByteString, Row[]>;
  asideRows: number;
  /** The message could fill all slots: it leaves some to others when its deliveries hang. */
  readonly many: boolean;
  /** Deliveries begun since others had their turn. */
  begun: number;
  /** Index of the next recipient to read from the store; undefined when all are in memory. */
  unread: number | undefined;
  reading: boolean;
  running: number;
  deferred: number;
}

export class Job {
  readonly head: MessageHead;
  /** All recipients of a message that is not preprocessed yet, in envelope order; empty for the others. */
  readonly fresh: readonly Row[];
  readonly passes = new Map<Channel, Pass>();
  preprocessed: boolean;
  /** Passes that ended and are not on disk; `due` undefined: nothing is left on that channel. */
  over: { readonly channel: Channel; readonly due: number | undefined }[] = [];
  /** Finished recipients whose mark is not on disk, and the bounce text that belongs to them. */
  unsaved: number[] = [];
  unsavedBounce: ByteString = '';
  /** Slots of remote deliveries whose outcome is among `unsaved`. */
  parked = 0;
  /** True when paragraphs of the bounce may be on disk already. */
  savedBounce: boolean;
  /** Its bounce, made and not kept yet: a large one is a copy on disk, and there shall be one. */
  bounce: Submission | undefined;
  /** True when the message may have been delivered before to recipients that are not marked. */
  repeated: boolean;
  /** A change is with the store; `touched` when another one came meanwhile. */
  saving = false;
  touched = false;
  ended = false;
  /** An administrator's order is being carried out: nobody else begins a pass. */
  withdrawn = false;
  /** It ends without a bounce, whatever failed. */
  silent = false;

  constructor(head: MessageHead, fresh: readonly Row[], repeated: boolean) {
    this.head = head;
    this.fresh = fresh;
    this.preprocessed = head.preprocessed;
    this.savedBounce = head.preprocessed || repeated;
    this.repeated = repeated;
  }

  /** The store says so: done before this job was made; what failed then has its paragraph there. */
  wasDone(index: number): void {
    const row = this.fresh[index];
    if (row !== undefined) row.state = 'done';
    this.savedBounce = true;
  }

  /** A pass on the channel is under way, or ended and is not taken off the schedule yet. */
  isActive(channel: Channel): boolean {
    if (this.passes.has(channel) || this.ended || this.saving || this.withdrawn) return true;
    // What is not marked yet would be read, and delivered, again.
    return this.unsaved.length > 0 || this.over.some((end) => end.channel === channel);
  }

  /** Without this message's own place in the queue the channel would lose a recipient: the schedule does not have it yet. */
  needs(channel: Channel): boolean {
    if (this.preprocessed || this.ended) return false;
    const unmarked = this.saving || this.unsaved.length > 0;
    return this.fresh.some((row) => row.channel === channel && (unmarked || row.state !== 'done'));
  }

  /** No pass is under way on any channel. */
  get idle(): boolean {
    return this.passes.size === 0;
  }

  /** Every recipient is done: the message can end. Of a preprocessed message only the store knows. */
  get complete(): boolean {
    return !this.preprocessed && this.idle && this.fresh.every((row) => row.state === 'done');
  }
}
