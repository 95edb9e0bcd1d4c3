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
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
}

/** Longest timer Node takes, milliseconds. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
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
