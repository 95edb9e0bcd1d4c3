/**
 * THE VOCABULARY: every message that an actor can receive, and every edge it may travel on.
 * Together with topology.ts this is the whole system. Plain data only: a payload crosses
 * threads by structured clone. A Uint8Array in a payload stands at its top level and owns
 * its bytes or is copied into the batch by the link.
 */
import type { LogEvent } from '../protocol/log-line.js';
import type { ByteString, Channel, Envelope, Origin, Outcome, Routed } from '../protocol/mail.js';
import type { Body, DueEntry, Looked, Marks, MessageHead, MessageId, RecipientRow, Reschedule } from '../store/queue-store.js';

/** A message without an answer: it may be lost (a hint). */
export interface Tell<P> {
  readonly tell: P;
}
/** A message with exactly one answer, or none by its deadline. */
export interface Ask<P, R> {
  readonly ask: P;
  readonly answer: R;
}

/** A message asked into the queue. `bytes` (or `file`) and `form` are its body, Received lines included. */
export interface Submission {
  readonly origin: Origin;
  readonly uid: number;
  readonly qp: number;
  readonly envelope: Envelope;
  readonly form: 'wire' | 'unix';
  /** The body when it is kept in the store; exactly one of `bytes` and `file` is set. */
  readonly bytes?: Uint8Array;
  /** Name of a flushed body file below the queue folder. */
  readonly file?: string;
  /** CRC-32 of the file, as body-file.ts returns it. */
  readonly checksum?: number;
  readonly size: number;
  readonly unixSize: number;
}
export type Submitted =
  | { readonly tag: 'accepted'; readonly id: MessageId }
  | { readonly tag: 'refused'; readonly why: 'full' | 'draining' | 'storage'; readonly text: string };

export type DeliveryId = number;

/** One attempt for recipients of one message at one host (remote) or of one user (local). */
export interface Delivery {
  readonly id: DeliveryId;
  readonly message: MessageId;
  readonly channel: Channel;
  readonly host: ByteString;
  /** VERP already expanded (spec send.md §7). */
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
  /** Index of the first recipient in the envelope; part of Maildir names. */
  readonly index: number;
  readonly birth: number;
  readonly unixSize: number;
  /** True when an earlier run may have made this delivery already (after a crash, or a lost report). */
  readonly repeated: boolean;
  /** True when other deliveries of the same message will need the same body. */
  readonly shared: boolean;
}
/** Outcomes of one delivery, one a recipient and in their order. */
export interface Report {
  readonly outcomes: readonly Outcome[];
  /** The delivery may have taken place although the outcome says it is to be tried again. */
  readonly lost?: boolean;
}

/** A delivery as a local worker gets it: the body travels with it. */
export interface WorkerDelivery extends Delivery {
  readonly form: 'wire' | 'unix';
  /** Body bytes; absent when `file` (an absolute path) is set. */
  readonly bytes?: Uint8Array;
  readonly file?: string;
}
/** What a remote worker needs of a delivery, and no more: it is cloned once a message. */
export interface RemoteDelivery {
  readonly message: MessageId;
  /** The connection (rspawn's session number) that shall carry it. */
  readonly session: number;
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
  readonly shared: boolean;
  readonly form: 'wire' | 'unix';
  /** Body bytes; absent when `file` (an absolute path) is set or the worker keeps them from an earlier delivery. */
  readonly bytes?: Uint8Array;
  readonly file?: string;
}
export interface RemoteReport extends Report {
  /** The session takes no further delivery (closed, or closing). */
  readonly closed: boolean;
  /** Addresses whose connect timed out, and the one that was reached (downed-host table). */
  readonly timedOut: readonly string[];
  readonly reached?: string;
}
/** Mail for the `&` lines of a `.qmail` file; `uid` is the user's, `prefix` the Delivered-To line. */
export interface LocalForward {
  readonly uid: number;
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
  readonly prefix: ByteString;
}
/** What local delivery leaves behind besides its outcome: mail to be queued for `.qmail` forward lines. */
export interface LocalReport extends Report {
  readonly forward?: LocalForward;
}

/** Answer to a change of the queue: true after the flush, false when it could not be made (the caller tries again later). */
export type Kept = boolean;
export interface Preprocess {
  readonly id: MessageId;
  readonly routed: readonly Routed[];
  readonly due: { readonly local?: number; readonly remote?: number };
}
export interface Due {
  readonly entries: readonly DueEntry[];
  /** When the earliest entry is due, now or later; undefined when the schedule is empty. */
  readonly next: number | undefined;
}
/** The end of a message; bounce and removal are one transaction. */
export interface Finish {
  readonly id: MessageId;
  readonly bounce?: Submission;
}

/** Where a walk over the queue stands: behind this message, `from` the recipient of the next one. */
export interface WaitingAt {
  readonly after: MessageId;
  readonly from: number;
}
export interface WaitingPage {
  readonly ids: readonly MessageId[];
  /** Undefined: that was the last page. */
  readonly next: WaitingAt | undefined;
}
/** Domains, `.domain`s or relay hosts whose mail shall be tried now (ETRN, AutoTURN). */
export interface FlushHint {
  readonly names: readonly string[];
}

/** A message that was just accepted. Recipients are left out when there are more than a few. */
export interface Queued {
  readonly head: MessageHead;
  readonly recipients?: readonly ByteString[];
}
/** Lines of the activity log, rendered where they happen (text) or as events (json). */
export interface LogBatch {
  readonly text?: string;
  readonly events?: readonly LogEvent[];
  readonly count: number;
}

export interface Inboxes {
  smtpd: Record<never, never>;
  qmtpd: Record<never, never>;
  qmqpd: Record<never, never>;
  pop3d: Record<never, never>;
  inject: Record<never, never>;
  queue: {
    submit: Ask<Submission, Submitted>;
    todo: Ask<{ readonly after: MessageId; readonly limit: number }, readonly MessageHead[]>;
    recipients: Ask<{ readonly id: MessageId; readonly from: number; readonly limit: number }, readonly RecipientRow[]>;
    head: Ask<MessageId, MessageHead | undefined>;
    preprocess: Ask<Preprocess, Kept>;
    waiting: Ask<{ readonly names: readonly string[]; readonly at: WaitingAt }, WaitingPage>;
    due: Ask<{ readonly channel: Channel; readonly now: number; readonly limit: number }, Due>;
    allDue: Ask<number, Kept>;
    reschedule: Ask<Reschedule, Kept>;
    mark: Ask<Marks, Kept>;
    bounceText: Ask<MessageId, ByteString>;
    finish: Ask<Finish, Kept>;
    read: Ask<MessageId, Body | undefined>;
    sweep: Ask<number, Kept>;
    keepLooked: Ask<Looked, Kept>;
  };
  send: { queued: Tell<Queued>; flush: Tell<FlushHint> };
  lspawn: { deliver: Ask<Delivery, Report> };
  rspawn: { deliver: Ask<Delivery, Report>; forgetDown: Tell<true> };
  local: { deliver: Ask<WorkerDelivery, LocalReport> };
  remote: { deliver: Ask<RemoteDelivery, RemoteReport>; forget: Tell<MessageId>; close: Tell<number> };
  clean: { sweep: Tell<true> };
  splogger: { lines: Tell<LogBatch> };
}
export type ActorName = keyof Inboxes;

/** Who may write to whom. Opens the ports at run time, types the peers, draws the diagram. */
export const sends = {
  smtpd: ['queue', 'send', 'splogger'],
  qmtpd: ['queue', 'splogger'],
  qmqpd: ['queue', 'splogger'],
  pop3d: ['splogger'],
  inject: ['queue', 'splogger'],
  queue: ['send', 'splogger'],
  send: ['queue', 'lspawn', 'rspawn', 'splogger'],
  lspawn: ['queue', 'local', 'splogger'],
  rspawn: ['queue', 'remote', 'splogger'],
  local: [],
  remote: [],
  clean: ['queue'],
  splogger: [],
} as const satisfies { readonly [N in ActorName]: readonly ActorName[] };
