/**
 * The senders of one lane: they begin at once or one after another, and end when all is answered, when the deadline
 * passes, or when they are interrupted. It knows when; what is sent is the session loop's business.
 */
import { monotonicUs } from '../kernel/monotonic.js';
import { type LoopWork, type RunningLoop, runLoop } from './session-loop.js';

export interface SendersOrder {
  readonly senders: number;
  /** Milliseconds from one sender's begin to the next one's. */
  readonly apartMs: number;
  /** Seconds after the begin of the run at which everything is cut off; 0 = never. */
  readonly deadlineSeconds: number;
  /** Seconds after the begin of the run at which no further message is begun; 0 = never. */
  readonly durationSeconds: number;
}

/** What put an end to them from outside; undefined: all was answered, or they gave up. */
export type CutBy = 'duration' | 'deadline' | 'interrupted' | undefined;

/** How long an interrupted run waits for the answers to what is under way. */
const graceMs = 2_000;

export class Senders {
  readonly #order: SendersOrder;
  readonly #work: LoopWork;
  readonly #loops: RunningLoop[] = [];
  /** Senders that have not ended, those that have not begun among them. */
  #open: number;
  /** Senders that have not begun. */
  #toBegin: number;
  #next: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #duration: NodeJS.Timeout | undefined;
  #end: (by: CutBy) => void = () => undefined;
  #cutBy: CutBy;

  constructor(work: LoopWork, order: SendersOrder) {
    let unanswered = work.plan.left;
    this.#order = order;
    this.#open = order.senders;
    this.#toBegin = order.senders;
    this.#work = {
      ...work,
      reported: (report) => {
        work.reported(report);
        // Not within the event of a connection that is still at work.
        if (--unanswered === 0) setImmediate(() => this.#release());
      },
    };
  }

  /** Settles when all have ended. Called once. */
  run(): Promise<CutBy> {
    return new Promise((resolve) => {
      this.#end = resolve;
      const { deadlineSeconds, durationSeconds } = this.#order;
      if (deadlineSeconds > 0) this.#cutAfter(this.#leftMs(deadlineSeconds), `the deadline of ${deadlineSeconds} s has passed`);
      if (durationSeconds > 0) this.#duration = setTimeout(() => this.#beginNothing('duration'), this.#leftMs(durationSeconds));
      this.#begin();
    });
  }

  /** Begins no further message; ends after the answers to those under way, which may take a moment. */
  interrupt(): void {
    clearTimeout(this.#deadline);
    this.#cutAfter(graceMs, 'interrupted');
    this.#beginNothing('interrupted');
  }

  /** What is under way is answered. */
  #beginNothing(why: CutBy): void {
    this.#cutBy = why;
    this.#work.plan.close();
    this.#beginNoMore();
    for (const loop of this.#loops) loop.windUp();
  }

  /** Milliseconds until so many seconds after the begin of the run. */
  #leftMs(seconds: number): number {
    return this.#work.beginUs / 1000 + seconds * 1000 - monotonicUs() / 1000;
  }

  #begin(): void {
    const loop = runLoop(this.#work);
    this.#loops.push(loop);
    this.#toBegin--;
    loop.done.then(() => {
      this.#open--;
      this.#ended();
    });
    if (this.#toBegin === 0) return;
    const { apartMs } = this.#order;
    if (apartMs > 0) this.#next = setTimeout(() => this.#begin(), apartMs);
    else this.#begin();
  }

  #release(): void {
    this.#beginNoMore();
    for (const loop of this.#loops) loop.release();
  }

  #cutAfter(ms: number, why: string): void {
    this.#deadline = setTimeout(() => {
      if (this.#cutBy !== 'interrupted') this.#cutBy = 'deadline';
      this.#work.plan.close();
      this.#work.failed(why, { silent: false, unusable: false });
      for (const loop of this.#loops) loop.stop(why);
      this.#beginNoMore();
    }, ms);
  }

  /** Those that the ramp has not begun never will. */
  #beginNoMore(): void {
    clearTimeout(this.#next);
    this.#open -= this.#toBegin;
    this.#toBegin = 0;
    this.#ended();
  }

  #ended(): void {
    if (this.#open > 0) return;
    clearTimeout(this.#next);
    clearTimeout(this.#deadline);
    clearTimeout(this.#duration);
    this.#end(this.#cutBy);
  }
}
