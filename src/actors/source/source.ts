/**
 * The load of a test: a number of senders, each with one message under way at a time (a closed loop),
 * and a record of what was accepted for whom. It counts; it judges nothing.
 */
import { randomBytes } from 'node:crypto';
import { formatLedgerRecord } from '../../protocol/ledger.js';
import type { Outcome } from '../../protocol/mail.js';
import { RecordFile } from '../../store/record-file.js';
import type { Target } from './connection.js';
import { type LatencyFigures, LatencyHistogram } from './latency.js';
import { LoadMessages } from './message.js';
import { SendingPlan } from './plan.js';
import { runLoop } from './session-loop.js';

export interface SourceOptions {
  readonly target: Target;
  readonly messages: number;
  /** Octets of body. */
  readonly size: number;
  /** Senders at a time. */
  readonly sessions: number;
  /** Messages a second, 0 = as fast as possible. */
  readonly rate: number;
  readonly recipients: number;
  /** Messages a connection, 0 = no limit. */
  readonly perSession: number;
  readonly sender: string;
  /** Recipient address; `#` stands for the recipient's number. */
  readonly pattern: string;
  /** File for a record of each message and recipient. */
  readonly ledger?: string;
}

export interface SourceReport {
  readonly run: string;
  readonly messages: number;
  /** Messages with a 250 after their body for at least one recipient. */
  readonly accepted: number;
  /** Messages refused for all recipients, or cut off in the middle. */
  readonly refused: number;
  /** Messages that no connection took. */
  readonly unsent: number;
  readonly acceptedRecipients: number;
  /** Recipients refused, cut off or never sent. */
  readonly refusedRecipients: number;
  readonly connections: number;
  /** From the first connection attempt to the last reply. */
  readonly seconds: number;
  /** The same as two times of the system's monotonic clock, microseconds. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** Milliseconds from MAIL to the reply after the body; null when nothing was answered. */
  readonly latencyMs: LatencyFigures | null;
  /** The first refusal or failure, as the server or the system said it. */
  readonly firstTrouble: string | null;
}

/** Sends the load; settles when all senders are done. Rejects only when the ledger file cannot be written. */
export async function runLoad(options: SourceOptions): Promise<SourceReport> {
  const run = randomBytes(4).toString('hex');
  const { messages, size, sender, pattern, recipients } = options;
  const tally = new Tally(run, options.ledger);
  const plan = new SendingPlan(messages, options.rate);
  const work = {
    target: options.target,
    plan,
    messages: new LoadMessages({ run, messages, size, sender, pattern, recipients }),
    perSession: options.perSession,
    connected: () => {
      tally.connections++;
    },
    reported: (sequence: number, outcomes: readonly Outcome[], latencyUs: number) => tally.report(sequence, outcomes, latencyUs),
    failed: (why: string) => {
      tally.trouble ??= why;
    },
  };
  tally.firstUs = nowUs();
  await Promise.all(Array.from({ length: Math.min(options.sessions, messages) }, () => runLoop(work)));
  return tally.finish(options);
}

class Tally {
  readonly #run: string;
  readonly #ledger: RecordFile | undefined;
  readonly #latency = new LatencyHistogram();
  #accepted = 0;
  #refused = 0;
  #acceptedRecipients = 0;
  #lastUs = 0;
  firstUs = 0;
  connections = 0;
  trouble: string | undefined;

  constructor(run: string, ledger: string | undefined) {
    this.#run = run;
    this.#ledger = ledger === undefined ? undefined : new RecordFile(ledger);
  }

  report(sequence: number, outcomes: readonly Outcome[], latencyUs: number): void {
    const us = nowUs();
    this.#lastUs = us;
    this.#latency.add(latencyUs);
    let taken = 0;
    for (const [recipient, { status, text }] of outcomes.entries()) {
      if (status === 'K') taken++;
      else this.trouble ??= text.trim();
      this.#ledger?.append(formatLedgerRecord(this.#run, sequence, recipient, status === 'K' ? 'a' : 'r', us));
    }
    if (taken > 0) this.#accepted++;
    else this.#refused++;
    this.#acceptedRecipients += taken;
  }

  finish({ messages, recipients }: SourceOptions): SourceReport {
    this.#ledger?.close();
    const lastUs = Math.max(this.firstUs, this.#lastUs);
    return {
      run: this.#run,
      messages,
      accepted: this.#accepted,
      refused: this.#refused,
      unsent: messages - this.#accepted - this.#refused,
      acceptedRecipients: this.#acceptedRecipients,
      refusedRecipients: messages * recipients - this.#acceptedRecipients,
      connections: this.connections,
      seconds: (lastUs - this.firstUs) / 1e6,
      firstUs: this.firstUs,
      lastUs,
      latencyMs: this.#latency.figures() ?? null,
      firstTrouble: this.trouble ?? null,
    };
  }
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
