/**
 * Brings together what a log says in several lines: a delivery with its message, a message with its end (spec
 * companions.md §9). Holds only what is open, and of that a bounded number.
 */
import type { ReportLine, ReportResult } from './read-line.js';

export interface OpenMessage {
  readonly birth: number | undefined;
  bytes: number;
  sender: string;
  qp: number;
  uid: number;
  success: number;
  deferral: number;
  failure: number;
}

/** One finished attempt. */
export interface Delivery {
  readonly result: ReportResult;
  /** False: the log does not show the beginning of its message, so sender, bytes and birth are not known. */
  readonly known: boolean;
  /** When the message was queued; times are seconds since 1970, undefined where the log does not tell. */
  readonly birth: number | undefined;
  readonly begun: number | undefined;
  readonly ended: number | undefined;
  readonly bytes: number;
  readonly sender: string;
  readonly channel: string;
  readonly recipient: string;
  readonly qp: number;
  readonly uid: number;
  readonly reason: string;
}

export interface Message extends Readonly<OpenMessage> {
  readonly done: number | undefined;
}

export interface MatchupSink {
  delivery(delivery: Delivery): void;
  message(message: Message): void;
}

interface OpenDelivery {
  readonly begun: number | undefined;
  readonly msg: number;
  readonly channel: string;
  readonly recipient: string;
}

/** Open messages and deliveries that are remembered; the oldest go first, and are counted. */
const mostOpen = 500_000;

export class Matchup {
  readonly #sink: MatchupSink;
  readonly #messages = new Map<number, OpenMessage>();
  readonly #deliveries = new Map<number, OpenDelivery>();
  /** Open things that were forgotten because there were too many. */
  forgotten = 0;

  constructor(sink: MatchupSink) {
    this.#sink = sink;
  }

  /** Messages whose end the log has not shown. */
  get unfinished(): number {
    return this.#messages.size;
  }

  take({ time, event }: ReportLine): void {
    switch (event.kind) {
      case 'new':
        this.#messages.delete(event.msg);
        this.#open(event.msg, time);
        return;
      case 'info': {
        const { bytes, sender, qp, uid } = event;
        Object.assign(this.#messages.get(event.msg) ?? this.#open(event.msg, time), { bytes, sender, qp, uid });
        return;
      }
      case 'start': {
        const { msg, channel, recipient } = event;
        this.#bound(this.#deliveries);
        this.#deliveries.set(event.delivery, { begun: time, msg, channel, recipient });
        return;
      }
      case 'done':
        this.#delivered(event.delivery, event.result, event.reason, time);
        return;
      case 'tried': {
        const message = this.#messages.get(event.msg);
        if (message === undefined) return;
        message.success += event.success;
        message.deferral += event.deferral;
        message.failure += event.failure;
        return;
      }
      case 'end':
        this.#ended(event.msg, time);
        return;
      default:
        this.#deliveries.clear();
    }
  }

  /**
   * Log lines that make another Matchup know what is open here, to be read before the next part of the log. The counts of
   * attempts have a line of their own (`tried msg`), which no qmail writes.
   */
  *pending(): Iterable<string> {
    for (const [msg, { birth, bytes, sender, qp, uid, success, deferral, failure }] of this.#messages) {
      yield `${stamped(birth)}new msg ${msg}`;
      yield `${stamped(birth)}info msg ${msg}: bytes ${bytes} from <${sender}> qp ${qp} uid ${uid}`;
      if (success + deferral + failure > 0) yield `${stamped(birth)}tried msg ${msg}: ${success} ${deferral} ${failure}`;
    }
    for (const [delivery, { begun, msg, channel, recipient }] of this.#deliveries) {
      yield `${stamped(begun)}starting delivery ${delivery}: msg ${msg} to ${channel} ${recipient}`;
    }
  }

  #open(msg: number, birth: number | undefined): OpenMessage {
    this.#bound(this.#messages);
    const message = { birth, bytes: 0, sender: '', qp: 0, uid: 0, success: 0, deferral: 0, failure: 0 };
    this.#messages.set(msg, message);
    return message;
  }

  #bound(open: Map<number, unknown>): void {
    if (open.size < mostOpen) return;
    const [oldest] = open.keys();
    if (oldest !== undefined) open.delete(oldest);
    this.forgotten += 1;
  }

  #delivered(number: number, result: ReportResult, reason: string, ended: number | undefined): void {
    const open = this.#deliveries.get(number);
    if (open === undefined) return;
    this.#deliveries.delete(number);
    // A log may begin after the message: then only the attempt itself is known.
    const message = this.#messages.get(open.msg);
    if (message !== undefined) message[result] += 1;
    const { birth, bytes = 0, sender = '', qp = 0, uid = 0 } = message ?? { birth: undefined };
    const { begun, channel, recipient } = open;
    this.#sink.delivery({
      result,
      known: message !== undefined,
      birth,
      begun,
      ended,
      bytes,
      sender,
      channel,
      recipient,
      qp,
      uid,
      reason,
    });
  }

  #ended(msg: number, done: number | undefined): void {
    const message = this.#messages.get(msg);
    if (message === undefined) return;
    this.#messages.delete(msg);
    this.#sink.message({ ...message, done });
  }
}

const stamped = (time: number | undefined): string => (time === undefined ? '' : `${time.toFixed(6)} `);
