/**
 * How long a flush takes, as those see it who wait for one: from the first that waits, or from the flush before, to the
 * answer. For the status only; decides nothing.
 */

/** Answers so close together belong to one flush (milliseconds). */
const together = 1;
/** A flush that nobody waits for any more is told for so long (milliseconds). */
const remembered = 10_000;

export class FlushPace {
  #waiting = 0;
  #since = 0;
  #last = 0;

  /** All times in milliseconds of one clock. */
  begin(now: number): void {
    if (this.#waiting === 0) this.#since = now;
    this.#waiting += 1;
  }

  end(now: number): void {
    this.#waiting -= 1;
    if (now - this.#since > together) this.#last = now - this.#since;
    this.#since = now;
  }

  /** Of the flush under way when it is longer already than the last. */
  ms(now: number): number {
    const since = now - this.#since;
    if (this.#waiting > 0) return Math.max(this.#last, since);
    return since < remembered ? this.#last : 0;
  }
}
