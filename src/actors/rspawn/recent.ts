/** How often something happened lately: counted since it was quiet for a minute. */
import type { Clock } from '../kernel/clock.js';

/** Milliseconds without it after which nothing is the matter any more. */
const quietMs = 60_000;

export class Recent {
  readonly #clock: Clock;
  #count = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(): void {
    this.#count = this.now + 1;
    this.#last = this.#clock.monotonic();
  }

  get now(): number {
    return this.#clock.monotonic() - this.#last < quietMs ? this.#count : 0;
  }
}
