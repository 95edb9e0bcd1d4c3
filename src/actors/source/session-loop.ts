/**
 * One sender of a load run: takes messages from the plan, one at a time, over one connection after another,
 * until the plan is empty or the server cannot be reached. A message is never sent twice.
 */
import type { Outcome } from '../../protocol/mail.js';
import type { SmtpClientEvent } from '../../protocol/smtp/session.js';
import { SourceConnection, type Target } from './connection.js';
import type { LoadMessages } from './message.js';
import type { SendingPlan } from './plan.js';

/** Connections in a row that never became ready before a sender gives up, and the pause between them. */
const mostFailures = 5;
const failurePauseMs = 100;

export interface LoopWork {
  readonly target: Target;
  readonly plan: SendingPlan;
  readonly messages: LoadMessages;
  /** Messages a connection; 0 = no limit. */
  readonly perSession: number;
  readonly connected: () => void;
  readonly reported: (sequence: number, outcomes: readonly Outcome[], latencyUs: number) => void;
  readonly failed: (why: string) => void;
}

/** Runs one sender; settles when it has nothing more to do, never rejects. */
export function runLoop(work: LoopWork): Promise<void> {
  return new Promise((resolve) => new SessionLoop(work, resolve).connect());
}

class SessionLoop {
  readonly #work: LoopWork;
  readonly #done: () => void;
  #connection: SourceConnection | undefined;
  #sent = 0;
  #failures = 0;
  #ready = false;
  /** The message under way, or waiting for its time. */
  #sequence: number | undefined;
  #begunUs = 0;

  constructor(work: LoopWork, done: () => void) {
    this.#work = work;
    this.#done = done;
  }

  connect(): void {
    if (this.#work.plan.left === 0 && this.#sequence === undefined) {
      this.#done();
      return;
    }
    this.#sent = 0;
    this.#ready = false;
    const connection = new SourceConnection(this.#work.target, (event) => {
      if (connection === this.#connection) this.#take(event);
    });
    this.#connection = connection;
  }

  #take(event: SmtpClientEvent): void {
    if (event.tag === 'ready') {
      this.#ready = true;
      this.#failures = 0;
      this.#work.connected();
      this.#proceed();
    } else if (event.tag === 'report') {
      this.#report(event.outcomes);
      if (event.usable) this.#proceed();
      else this.#connection?.quit();
    } else if (event.tag === 'closed') this.#closed(event.outcome?.text);
  }

  /** Sends the next message now or when its time has come; says goodbye when there is none for this connection. */
  #proceed(): void {
    const { plan, perSession } = this.#work;
    const full = perSession > 0 && this.#sent >= perSession;
    // A message may be waiting whose time came while there was no connection.
    const waiting = this.#sequence !== undefined;
    const next = full || waiting ? undefined : plan.take(performance.now());
    if (next !== undefined) this.#sequence = next.sequence;
    if (this.#sequence === undefined) this.#connection?.quit();
    else if (next === undefined || next.wait < 1) this.#begin();
    else {
      const connection = this.#connection;
      setTimeout(() => connection === this.#connection && this.#begin(), next.wait);
    }
  }

  #begin(): void {
    const sequence = this.#sequence;
    if (sequence === undefined) return;
    this.#sent++;
    this.#begunUs = nowUs();
    this.#connection?.begin(this.#work.messages.message(sequence));
  }

  #report(outcomes: readonly Outcome[]): void {
    const sequence = this.#sequence;
    this.#sequence = undefined;
    if (sequence !== undefined) this.#work.reported(sequence, outcomes, nowUs() - this.#begunUs);
  }

  #closed(text: string | undefined): void {
    const trouble = this.#connection?.trouble ?? text;
    this.#connection = undefined;
    if (this.#ready) this.connect();
    else {
      this.#work.failed(trouble ?? 'the server closed the connection');
      if (++this.#failures >= mostFailures) this.#done();
      else setTimeout(() => this.connect(), failurePauseMs);
    }
  }
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
