/**
 * All figures of a report, gathered delivery by delivery (spec companions.md §9). Bounded, whatever the log's length.
 */
import { Distribution, Slowest } from './delays.js';
import type { Delivery, MatchupSink, Message } from './matchup.js';
import { type Sums, Tally } from './tally.js';

/** zoverall's sums. */
export interface Overall {
  messages: number;
  recipients: number;
  messageAttempts: number;
  bytes: number;
  /** Bytes once for each successful delivery. */
  arrivedBytes: number;
  qtime: number;
  success: number;
  failure: number;
  deferral: number;
  ddelay: number;
  ddelays: number;
  xdelay: number;
  first: number | undefined;
  last: number | undefined;
}

const hostOf = (recipient: string): string => {
  const at = recipient.lastIndexOf('@');
  return at < 0 ? recipient : recipient.slice(at + 1);
};

/** Both times, or nothing to count. */
const span = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined ? undefined : Math.max(0, to - from);

export class Figures implements MatchupSink {
  readonly overall: Overall = {
    messages: 0,
    recipients: 0,
    messageAttempts: 0,
    bytes: 0,
    arrivedBytes: 0,
    qtime: 0,
    success: 0,
    failure: 0,
    deferral: 0,
    ddelay: 0,
    ddelays: 0,
    xdelay: 0,
    first: undefined,
    last: undefined,
  };
  readonly hosts: Tally = new Tally(({ attempts }) => attempts);
  readonly recipients: Tally = new Tally(({ attempts }) => attempts);
  readonly senders: Tally = new Tally(({ messages }) => messages);
  readonly uids: Tally = new Tally(({ messages }) => messages);
  readonly successes: Tally = new Tally(({ success }) => success);
  readonly failures: Tally = new Tally(({ failure }) => failure);
  readonly deferrals: Tally = new Tally(({ deferral }) => deferral);
  readonly distribution: Distribution = new Distribution();
  readonly slowest: Slowest;

  readonly #withSuccesses: boolean;

  /** `slowest`: how many slow deliveries are kept. Reasons of successes are nearly all different, so they can be left out. */
  constructor(slowest: number, withSuccesses = true) {
    this.slowest = new Slowest(slowest);
    this.#withSuccesses = withSuccesses;
  }

  delivery(one: Delivery): void {
    const { overall } = this;
    const { result, bytes } = one;
    const xdelay = span(one.begun, one.ended) ?? 0;
    const arrivedBytes = result === 'success' ? bytes : 0;
    overall[result] += 1;
    overall.xdelay += xdelay;
    overall.arrivedBytes += arrivedBytes;
    const attempt = (sums: Sums): void => {
      sums.attempts += 1;
      sums[result] += 1;
      sums.arrivedBytes += arrivedBytes;
      sums.xdelay += xdelay;
    };
    attempt(this.hosts.of(`${one.channel}.${hostOf(one.recipient)}`));
    attempt(this.recipients.of(`${one.channel}.${one.recipient}`));
    if (one.known) attempt(this.senders.of(one.sender));
    if (one.known) attempt(this.uids.of(String(one.uid)));
    if (result === 'failure') attempt(this.failures.of(one.reason));
    else if (result === 'deferral') attempt(this.deferrals.of(one.reason));
    else if (this.#withSuccesses) attempt(this.successes.of(one.reason));
    const ddelay = span(one.birth, one.ended);
    if (result === 'success' && ddelay !== undefined) {
      overall.ddelay += ddelay;
      overall.ddelays += 1;
      this.distribution.add(ddelay);
      this.slowest.add(ddelay, one);
    }
    this.#seen(one.begun, one.ended);
  }

  message(one: Message): void {
    const { overall } = this;
    const recipients = one.success + one.failure;
    overall.messages += 1;
    overall.recipients += recipients;
    overall.messageAttempts += recipients + one.deferral;
    overall.bytes += one.bytes;
    overall.qtime += span(one.birth, one.done) ?? 0;
    const ended = (sums: Sums): void => {
      sums.messages += 1;
      sums.recipients += recipients;
      sums.bytes += one.bytes;
      sums.recipientBytes += one.bytes * recipients;
    };
    ended(this.senders.of(one.sender));
    ended(this.uids.of(String(one.uid)));
    this.#seen(one.birth, one.done);
  }

  #seen(from: number | undefined, to: number | undefined): void {
    const { overall } = this;
    if (from !== undefined && !((overall.first ?? Number.POSITIVE_INFINITY) <= from)) overall.first = from;
    if (to !== undefined && !((overall.last ?? Number.NEGATIVE_INFINITY) >= to)) overall.last = to;
  }
}
