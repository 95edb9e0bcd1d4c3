/**
 * One sender of a load run: takes messages from the plan, one at a time, over one connection after another,
 * until the plan is empty or the server cannot be reached. A message is never sent twice.
 */
import type { Outcome } from '../../protocol/mail.js';
import { monotonicUs } from '../kernel/monotonic.js';
import { type Means, SourceConnection, type SourceEvent, type Target } from './connection.js';
import { Draft } from './draft.js';
import type { LoadMessages } from './message.js';
import type { Planned, SendingPlan } from './plan.js';

/** Connections in a row that never became ready before a sender gives up, and the pause between them. */
const mostFailures = 5;
/** Times in a row that the server kept silent, before its greeting or over a message: each costs the whole timeout. */
const mostSilent = 2;
const failurePauseMs = 100;
/** A connection that ends sooner without a message is not made again at once. */
const shortLifeMs = 1_000;

export interface Reported {
  readonly sequence: number;
  readonly outcomes: readonly Outcome[];
  /** Octets of the message in wire form. */
  readonly octets: number;
  /** From the planned moment, or in a closed loop from MAIL, to the reply after the body; microseconds. */
  readonly latencyUs: number;
  /** How late it was begun; undefined in a closed loop. */
  readonly lateUs: number | undefined;
  /** What broke the connection meanwhile, in the system's words or ours. */
  readonly trouble: string | undefined;
  /** The connection ended before its final dot was out. */
  readonly incomplete: boolean;
}

export interface LoopWork {
  readonly target: Target;
  /** For the next connection. */
  readonly means: () => Means;
  readonly plan: SendingPlan;
  readonly messages: LoadMessages;
  /** Messages a connection; 0 = no limit. */
  readonly perSession: number;
  /** Begin of the run, microseconds of the monotonic clock. */
  readonly beginUs: number;
  readonly connected: (secure: boolean) => void;
  readonly reported: (report: Reported) => void;
  /** `unusable`: a connection that never came so far that a message could be sent. */
  readonly failed: (why: string, kind: { readonly silent: boolean; readonly unusable: boolean }) => void;
}

export interface RunningLoop {
  /** Settles when it has nothing more to do, never rejects. */
  readonly done: Promise<void>;
  /** Cuts the connection and ends; the plan must be closed before. */
  stop(why: string): void;
  /** All messages are answered: a connection that is still waiting for its greeting is not needed. */
  release(): void;
  /** Begins no further message; ends after the answer to the one under way. The plan must be closed before. */
  windUp(): void;
}

export function runLoop(work: LoopWork): RunningLoop {
  let loop: SessionLoop | undefined;
  const done = new Promise<void>((resolve) => {
    loop = new SessionLoop(work, resolve);
    loop.connect();
  });
  return { done, stop: (why) => loop?.stop(why), release: () => loop?.release(), windUp: () => loop?.windUp() };
}

/** A message that is being sent. */
interface UnderWay extends Planned {
  readonly octets: number;
  readonly begunUs: number;
}

class SessionLoop {
  readonly #work: LoopWork;
  readonly #done: () => void;
  #connection: SourceConnection | undefined;
  /** For the message under way, and for the one that is begun before that is answered. */
  readonly #drafts = [new Draft(), new Draft()] as const;
  #sent = 0;
  /** When the connection was asked for; milliseconds. */
  #connectMs = 0;
  #failures = 0;
  #silences = 0;
  #ready = false;
  #stopped = false;
  /** Waits for its time. */
  #waiting: Planned | undefined;
  /** Until it is due. */
  #timer: NodeJS.Timeout | undefined;
  /** In the order of their answers; at most two. */
  readonly #underWay: UnderWay[] = [];

  constructor(work: LoopWork, done: () => void) {
    this.#work = work;
    this.#done = done;
  }

  connect(): void {
    if (this.#stopped || this.#work.plan.left === 0) {
      this.#done();
      return;
    }
    this.#sent = 0;
    this.#ready = false;
    this.#connectMs = performance.now();
    const connection = new SourceConnection(this.#work.target, this.#work.means(), (event) => {
      if (connection === this.#connection) this.#take(event);
    });
    this.#connection = connection;
  }

  stop(why: string): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (this.#connection === undefined) this.#done();
    else this.#connection.cut(why);
  }

  release(): void {
    if (this.#ready) return;
    const connection = this.#connection;
    this.#connection = undefined;
    this.#stopped = true;
    connection?.cut('not needed');
    this.#done();
  }

  windUp(): void {
    this.#waiting = undefined;
    clearTimeout(this.#timer);
    if (!this.#ready) this.release();
    else if (this.#underWay.length === 0) this.#connection?.quit();
  }

  #take(event: SourceEvent): void {
    if (event.tag === 'ahead') this.#ahead();
    else if (event.tag === 'ready') {
      this.#ready = true;
      this.#failures = 0;
      this.#work.connected(this.#connection?.secure === true);
      this.#proceed();
    } else if (event.tag === 'report') {
      this.#report(event.outcomes);
      if (!event.usable) this.#connection?.quit();
      else if (this.#underWay.length === 0) this.#proceed();
    } else if (event.tag === 'closed') this.#closed(event.outcome?.text);
  }

  /** The next message of this connection, begun or not; undefined: there is none. */
  #next(): Planned | undefined {
    const { plan, perSession } = this.#work;
    if (perSession > 0 && this.#sent >= perSession) return undefined;
    // One may be waiting for its time.
    this.#waiting ??= plan.take();
    return this.#waiting;
  }

  #waitMs({ dueUs }: Planned): number {
    return dueUs === undefined ? 0 : (this.#work.beginUs + dueUs - monotonicUs()) / 1000;
  }

  /** Sends the next message now or when its time has come; says goodbye when there is none for this connection. */
  #proceed(): void {
    const message = this.#next();
    if (message === undefined) {
      this.#connection?.quit();
      return;
    }
    const waitMs = this.#waitMs(message);
    if (waitMs < 1) this.#begin(message);
    else {
      const connection = this.#connection;
      this.#timer = setTimeout(() => connection === this.#connection && !this.#stopped && this.#begin(message), waitMs);
    }
  }

  /** Begins the next message before the one under way is answered, when its time has come. */
  #ahead(): void {
    const message = this.#next();
    if (message !== undefined && this.#waitMs(message) < 1) this.#begin(message);
  }

  #begin(message: Planned): void {
    const begunUs = monotonicUs();
    const draft = this.#drafts[this.#sent % 2] ?? this.#drafts[0];
    this.#sent++;
    this.#waiting = undefined;
    const transaction = this.#work.messages.message(message.sequence, this.#plannedUs(message, begunUs), draft);
    // Each field by its name: a spread copy is written field by field without its shape being known before.
    this.#underWay.push({ sequence: message.sequence, dueUs: message.dueUs, octets: transaction.size, begunUs });
    this.#connection?.begin(transaction);
  }

  #report(outcomes: readonly Outcome[]): void {
    const message = this.#underWay.shift();
    if (message === undefined) return;
    const connection = this.#connection;
    // With another one behind it, what is not out may be that one's.
    const incomplete = connection?.unsent === true && this.#underWay.length === 0;
    if (connection?.timedOut !== true) this.#silences = 0;
    const { sequence, dueUs, octets, begunUs } = message;
    const plannedUs = this.#plannedUs(message, begunUs);
    const lateUs = dueUs === undefined ? undefined : begunUs - plannedUs;
    this.#work.reported({
      sequence,
      outcomes,
      octets,
      latencyUs: monotonicUs() - plannedUs,
      lateUs,
      trouble: connection?.trouble,
      incomplete,
    });
  }

  /** Counted from the plan: a server that stalls is charged for all messages that had to wait behind it. */
  #plannedUs({ dueUs }: Planned, begunUs: number): number {
    return dueUs === undefined ? begunUs : Math.min(begunUs, this.#work.beginUs + dueUs);
  }

  #closed(text: string | undefined): void {
    const connection = this.#connection;
    const trouble = connection?.trouble ?? text ?? 'the server closed the connection';
    const silent = connection?.timedOut === true;
    this.#connection = undefined;
    this.#giveBack();
    if (this.#ready && !silent) this.#again();
    else {
      this.#work.failed(trouble, { silent, unusable: !this.#ready && !this.#stopped });
      if (silent) this.#silences++;
      else this.#failures++;
      if (this.#stopped || this.#failures >= mostFailures || this.#silences >= mostSilent) this.#done();
      else setTimeout(() => this.connect(), failurePauseMs);
    }
  }

  /** A server that greets and hangs up before a message is due must not be asked thousands of times a second. */
  #again(): void {
    if (this.#sent > 0 || performance.now() - this.#connectMs > shortLifeMs) this.connect();
    else setTimeout(() => this.connect(), failurePauseMs);
  }

  /** What waited for its time here is not late because this connection is gone. */
  #giveBack(): void {
    clearTimeout(this.#timer);
    if (this.#waiting !== undefined) this.#work.plan.giveBack(this.#waiting);
    this.#waiting = undefined;
  }
}
