/**
 * The durable queue as every implementation must behave: one atomic transition a method.
 * One thread owns a store; only its queue actor calls it. Promises settle after the flush.
 *
 * States (qmail's S1 to S5, spec queue.md §3.1): unknown (S1) → accepted (S4: `accept`) →
 * preprocessed (S5: `preprocess`) → unknown (`finish`). S2 and S3 exist only inside `accept`.
 */
import type { BodyForm, ByteString, Channel, Origin, Routed } from '../protocol/mail.js';

/** A number that is never used twice within one queue; the `N` of `msg N` in the log. */
export type MessageId = number;

/** The bytes of a message: in memory, or a file below the queue folder that the reader opens itself. */
export type Body =
  | { readonly form: BodyForm; readonly bytes: Uint8Array }
  | {
      readonly form: BodyForm;
      readonly file: string;
      readonly size: number;
      /** CRC-32 of the file, as body-file.ts returns it; lets the queue's check find a damaged body. */
      readonly checksum?: number;
    };

/** What `accept` is given. `birth` is seconds since 1970. */
export interface NewMessage {
  readonly origin: Origin;
  /** Uid of the program that handed the message in; only informative (log). */
  readonly uid: number;
  /** The number that the client is told (`qp N`) and the log repeats. */
  readonly qp: number;
  readonly birth: number;
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
  readonly body: Body;
  /** Octets of the message with LF line ends and single dots, including all Received lines (`bytes N` of the log). */
  readonly unixSize: number;
}

/** The head of a queued message, without recipients and body. */
export interface MessageHead {
  readonly id: MessageId;
  readonly origin: Origin;
  readonly uid: number;
  readonly qp: number;
  readonly birth: number;
  readonly sender: ByteString;
  readonly recipientCount: number;
  readonly unixSize: number;
  readonly preprocessed: boolean;
  /** When each channel is tried next; a channel without undone recipients is absent. Only once preprocessed. */
  readonly due?: { readonly local?: number; readonly remote?: number };
}

/** One recipient of a queued message. `routed` is present once the message is preprocessed. */
export interface RecipientRow {
  readonly index: number;
  readonly address: ByteString;
  readonly routed?: Routed;
  readonly done: boolean;
}

export interface DueEntry {
  readonly id: MessageId;
  readonly channel: Channel;
  /** Seconds since 1970. */
  readonly due: number;
}

/** A durable "done" for recipients of one message, with the text that a bounce will carry, if any. */
export interface Marks {
  readonly id: MessageId;
  readonly indexes: readonly number[];
  /** A finished paragraph of the bounce message (spec send.md §6.1), appended in the same transaction. */
  readonly bounceText?: ByteString;
}

export interface Reschedule {
  readonly id: MessageId;
  readonly channel: Channel;
  /** Next try in seconds since 1970, or undefined when the channel has no undone recipient left. */
  readonly due: number | undefined;
}

/** A record that fails its checksum or contradicts another. Its message stays queued and is never served as mail. */
export interface Damage {
  readonly id: MessageId;
  /** What is damaged, for a log line or an administrator. */
  readonly text: string;
}

/**
 * Up to which id each channel of send has looked at every message that is not preprocessed: such a message has nothing
 * to be delivered there. `routing` names the settings that this was true for. The store keeps it and knows no more of it.
 */
export interface Looked {
  readonly local: MessageId;
  readonly remote: MessageId;
  /** Printable ASCII without blanks, at most 64 characters. */
  readonly routing: string;
}

/** Why the store cannot take or change anything now. */
export interface Trouble {
  readonly why: 'full' | 'failed' | 'closed';
  readonly text: string;
}

/** A store call that could not be made durable. Thrown (rejected) by every method that writes. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly trouble: Trouble;
  constructor(trouble: Trouble) {
    super(trouble.text);
    this.trouble = trouble;
  }
}

/**
 * Rules for all methods: writing ones take effect in call order and become visible to the reading ones when their promise
 * settles, not before. A change of a message that is not queued does nothing and resolves, so that every step is safe to
 * repeat (spec queue.md §3.5). A call that contradicts itself (an index beyond the recipients, a routing of another length)
 * rejects with RangeError: a bug of the caller; nothing of it is kept. Reading methods throw StoreError once the store is
 * closed or failed. Times are seconds since 1970. Arrays given to a writing method must not change until it settles.
 */
export interface QueueStore {
  /** 16 hexadecimal digits, drawn when the queue was created; part of Maildir names. */
  readonly nonce: string;
  /** Messages with a lower id were accepted before this store was opened. */
  readonly firstId: MessageId;
  /** How many messages are queued now. */
  count(): number;
  /** How many of them are not preprocessed. */
  todoCount(): number;
  /** Keeps a message: resolves to its id after the flush. Rejects with StoreError: nothing is kept. Bytes and addresses are copied at once. */
  accept(message: NewMessage): Promise<MessageId>;
  /** Messages accepted but not preprocessed with id > after, ascending, at most `limit`. Damaged ones are left out. */
  todo(after: MessageId, limit: number): MessageHead[];
  head(id: MessageId): MessageHead | undefined;
  /** All messages with id > after, ascending, at most `limit`; for listings. */
  list(after: MessageId, limit: number): MessageHead[];
  /** Recipients from index `from` on, at most `limit`, done ones included. Fewer only at the end, or when the rest is damaged. */
  recipients(id: MessageId, from: number, limit: number): RecipientRow[];
  /**
   * S4 → S5: keeps the routing of all recipients, one after another from index 0, and the first due times; a channel without
   * a time has nothing to deliver. Marks made before stay. Repeated, it replaces routing and times.
   */
  preprocess(id: MessageId, routed: readonly Routed[], due: { readonly local?: number; readonly remote?: number }): Promise<void>;
  /** Moves or ends one channel of a preprocessed message (RangeError when it is not preprocessed). */
  reschedule(change: Reschedule): Promise<void>;
  /** Entries of one channel's schedule with due <= now, oldest first, at most `limit`. */
  due(channel: Channel, now: number, limit: number): DueEntry[];
  /** The earliest entry of one channel's schedule. */
  nextDue(channel: Channel): DueEntry | undefined;
  /** Makes every entry of the schedule due at `now` (qmail-send's ALRM). */
  allDue(now: number): Promise<void>;
  /** Makes recipients done; repeating it changes nothing but appends its bounce text again. Allowed before `preprocess`. */
  mark(marks: Marks): Promise<void>;
  /** All bounce paragraphs so far, in order; empty when there are none. */
  bounceText(id: MessageId): ByteString;
  /**
   * Removes a message and, in the same transaction, keeps its bounce when there is one. Resolves to the bounce's id.
   * When the message is not queued, the bounce is not kept either. Goes on while the disk is full. A message whose head
   * is damaged stays.
   */
  finish(id: MessageId, bounce?: NewMessage): Promise<MessageId | undefined>;
  /** The body, in memory of its own or as a file; undefined when it is unknown or damaged. */
  read(id: MessageId): Body | undefined;
  /** Absolute path of a body file named in a Body. */
  bodyPath(file: string): string;
  /** Replaces what `looked` answers. Goes on while the disk is full. */
  keepLooked(looked: Looked): Promise<void>;
  /** What was kept last, by this run or an earlier one; undefined when nothing was, or when it is damaged. */
  looked(): Looked | undefined;
  /** Removes body files that no message names and that are older than 36 h (spec queue.md §3.6). */
  sweep(now: number): Promise<{ readonly removed: number }>;
  /** Undefined while messages can be taken. */
  trouble(): Trouble | undefined;
  /** Damage met since the store was opened: each message once, at most 100. */
  damages(): readonly Damage[];
  /** Waits for what is under way, then refuses everything with 'closed'. May be called again. */
  close(): Promise<void>;
}

/** Whether one of send's channels has looked at the message, in this run or an earlier one. */
export function wasSeen(store: QueueStore, { id, preprocessed }: MessageHead): boolean {
  const looked = store.looked();
  return preprocessed || id <= Math.max(looked?.local ?? 0, looked?.remote ?? 0);
}
