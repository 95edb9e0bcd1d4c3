/**
 * Time as actors see it, so that a test can run a week in a second.
 * Nothing else in src/actors reads Date or starts timers for decisions about mail.
 */

/** Cancels a timer; calling it again does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970, may jump. */
  now(): number;
  /** Milliseconds that never jump back; only differences mean something. */
  monotonic(): number;
  /**
   * Milliseconds that this thread ran: as `monotonic`, but time in which it stood (a process that was stopped, a machine that
   * was paused) counts for a moment only, because answers may have come meanwhile. Up to a quarter of a second behind.
   */
  ran(): number;
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
}

const runLookMs = 250;
/** What counts at most from one look to the next. */
const mostRunMs = 5 * runLookMs;

class Running {
  #ran = 0;
  #looked = performance.now();

  constructor() {
    setInterval(() => this.#look(), runLookMs).unref();
  }

  get ran(): number {
    return this.#ran;
  }

  #look(): void {
    const now = performance.now();
    this.#ran += Math.min(now - this.#looked, mostRunMs);
    this.#looked = now;
  }
}

/** Of this thread; begun when somebody asks. */
let running: Running | undefined;

/** Longest timer Node takes, milliseconds. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  ran() {
    running ??= new Running();
    return running.ran;
  },
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), longestTimer));
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

export const secondsOf = (clock: Clock): number => Math.floor(clock.now() / 1000);
