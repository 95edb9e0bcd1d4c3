/**
 * control/bouncerate: how many bounces may be made in a minute. What is beyond it gets a second at which its turn comes.
 * It counts; it keeps no message.
 */

/** Seconds whose bounces may be made all at once. */
const window = 60;

export class BounceRate {
  #perMinute: number;
  /** Seconds; when the rate would have had time for all bounces made so far. */
  #made = 0;
  /** Seconds; the last turn that was given. */
  #given = 0;

  /** 0: there is no limit. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  resize(perMinute: number): void {
    this.#perMinute = perMinute;
  }

  /** Undefined: one may be made now, and counts. Else when to ask again, in whole seconds like `now`. */
  turn(now: number): number | undefined {
    if (this.#perMinute === 0) return undefined;
    const interval = window / this.#perMinute;
    this.#made = Math.max(this.#made, now - window);
    if (this.#made + interval <= now) {
      this.#made += interval;
      return undefined;
    }
    this.#given = Math.max(this.#given, now) + interval;
    return Math.ceil(this.#given);
  }

  /** Bounces that wait for their turn, about. */
  waiting(now: number): number {
    return this.#perMinute === 0 ? 0 : Math.max(0, Math.ceil(((this.#given - now) * this.#perMinute) / window));
  }
}
