/**
 * What a load run is told and what it answers.
 * Types only.
 */
import type { Replay } from '../../store/replay-messages.js';
import type { Target } from './connection.js';
import type { LatencyFigures } from './latency.js';
import type { Weighted } from './mix.js';

export interface SourceOptions {
  readonly target: Target;
  /** 0: as many as there is time for in `durationSeconds`. */
  readonly messages: number;
  /**
   * Seconds after which no further message is begun (in an open loop half a second later, for what was planned within them);
   * 0 or absent = when all are sent. Answers are waited for.
   */
  readonly durationSeconds?: number;
  /** Octets of body. */
  readonly size: number;
  /** In place of `size`: octets of body by weight. */
  readonly sizes?: readonly Weighted<number>[];
  /** Senders at a time. */
  readonly sessions: number;
  /** Messages a second: an open loop, each message has its moment. 0 = a closed loop, as fast as the senders go. */
  readonly rate: number;
  /** Seconds in which the rate rises to its height; in a closed loop: in which the senders come one after another. */
  readonly rampSeconds?: number;
  readonly recipients: number;
  /** Messages a connection, 0 = no limit. */
  readonly perSession: number;
  readonly sender: string;
  /** Recipient address; `#` stands for the recipient's number. */
  readonly pattern: string;
  /** Domains by weight, in place of the pattern's; all recipients of one message are in the same. */
  readonly domains?: readonly Weighted<string>[];
  /** An mbox file or a Maildir, or what was read from one: its messages are sent in turn, in place of made ones. */
  readonly replay?: string | Replay;
  /** Seconds after which everything is cut off, whatever is under way; 0 or absent = never. */
  readonly deadlineSeconds?: number;
  /** Threads that share the senders; default 1, which is the caller's own. */
  readonly threads?: number;
  /** File for a record of each message and recipient. */
  readonly ledger?: string;
  /** Aborted: no further message is begun, and the run ends after the answers to those under way (at most 2 s). */
  readonly signal?: AbortSignal;
  /** Called twice a second while it runs. */
  readonly progress?: (now: SourceProgress) => void;
}

export interface SourceProgress {
  readonly accepted: number;
  readonly refused: number;
  /** 0: as many as there is time for. */
  readonly messages: number;
  readonly connections: number;
  /** Since the begin. */
  readonly seconds: number;
}

export interface RefusalReasons {
  /** Replies that ask to try again (4xx), and what was no SMTP reply. */
  readonly temporary: number;
  /** Replies for good (5xx). */
  readonly permanent: number;
  /** The connection ended, or the server kept silent, before the final dot. */
  readonly cut: number;
  /** The same after the final dot: the server may have taken the message. */
  readonly unanswered: number;
}

export interface SourceReport {
  readonly run: string;
  /** Open: latencies count from each message's planned moment, so that a stalled server is not spared. */
  readonly loop: 'open' | 'closed';
  /** What was asked of an open loop: messages a second at its height, and seconds until the last one's moment. */
  readonly planned: { readonly perSecond: number; readonly seconds: number } | null;
  /**
   * How it came to its end: every message was answered or cut off; its time was over; the deadline passed; the caller wanted
   * no more; or the server could not be reached, or kept silent, so often that all senders gave up.
   */
  readonly ended: 'all-sent' | 'duration' | 'deadline' | 'interrupted' | 'gave-up';
  /** Those that were planned; with a duration alone in a closed loop, those that were begun. */
  readonly messages: number;
  /** Messages with a 250 after their body for at least one recipient. */
  readonly accepted: number;
  /** Messages refused for all recipients, or cut off in the middle. */
  readonly refused: number;
  /** Of `refused`, why no recipient of a message was accepted: a connection's end before a reply, else the first recipient's reply. */
  readonly reasons: RefusalReasons;
  /** Messages that no connection took. */
  readonly unsent: number;
  /** Of `unsent`, those whose planned moment had come when the run ended; 0 in a closed loop. They are in no percentile. */
  readonly overdue: number;
  readonly acceptedRecipients: number;
  /** Recipients refused, cut off or never sent. */
  readonly refusedRecipients: number;
  readonly connections: number;
  /** Tries that led to none on which a message could be sent: refused, turned away at the greeting, silent, no TLS. */
  readonly failedConnections: number;
  /** Of `connections`, those over TLS. */
  readonly tls: number;
  /** Connections on which the server kept silent for the target's timeout. */
  readonly timeouts: number;
  /** Octets of accepted messages in wire form. */
  readonly octets: number;
  /** From the first connection attempt to the last reply. */
  readonly seconds: number;
  /** Accepted messages a second of that span. */
  readonly perSecond: number;
  /** Share of its time in which the source's busiest thread did not wait, 0 to 1: near 1 it is the source that limits. */
  readonly busy: number;
  /** The span as two times of the system's monotonic clock, microseconds. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** Milliseconds to the reply after the body, of accepted messages; null when there are none. */
  readonly latencyMs: LatencyFigures | null;
  /** The same of refused messages, to the reply or the end of the connection that was the end of them. */
  readonly refusedMs: LatencyFigures | null;
  /** Accepted messages of an open loop, from their MAIL instead of their planned moment: what the server took; null in a closed loop. */
  readonly serviceMs: LatencyFigures | null;
  /** How late messages were begun, because all senders were busy or the source itself was; null in a closed loop. */
  readonly lateMs: LatencyFigures | null;
  /** The first refusal or failure, as the server or the system said it. */
  readonly firstTrouble: string | null;
  /** Why the ledger file is not complete; the load went on. */
  readonly ledgerTrouble: string | null;
}
