/**
 * Notices that the wall clock was set: compares it with the monotonic one. Decides nothing about mail but whether a
 * message has had its try since.
 */
import { isDying } from '../../protocol/retry.js';
import type { Clock } from '../kernel/clock.js';

/** Smaller corrections change no message's fate. */
const jumpMs = 3_600_000;

export class ClockWatch {
  readonly #clock: Clock;
  #offset: number;
  /** Seconds since 1970, after the last jump forward; 0 when there was none. */
  #jumpedTo = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Seconds that the clock was set forward (or back: below 0) since the last look; 0 when by less than an hour. */
  look(): number {
    const offset = this.#clock.now() - this.#clock.monotonic();
    const jump = offset - this.#offset;
    if (Math.abs(jump) < jumpMs) {
      // Slow corrections add up to no jump.
      this.#offset = offset;
      return 0;
    }
    this.#offset = offset;
    this.#jumpedTo = jump > 0 ? Math.floor(this.#clock.now() / 1000) : 0;
    return Math.round(jump / 1000);
  }

  /**
   * True when a pass opened at `now` is the last one of a message born at `birth`. `due` is the time that the pass was
   * planned for: one that was planned before the clock was set forward finds the message older than it is.
   */
  isDying(birth: number, due: number | undefined, now: number, queuelifetime: number): boolean {
    return isDying(birth, now, queuelifetime) && (due ?? birth) >= this.#jumpedTo;
  }
}
