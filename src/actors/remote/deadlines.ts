/**
 * One coarse timer for all connections of a thread: whoever waits writes its deadline into a field, one interval compares.
 * A deadline is never early; of a thread that runs it is at most three ticks late. Time in which the thread did not run (a
 * process that was stopped, a machine that stood still) is not counted: the peer's answer may have been there all the while.
 * Not for anything that needs precision; setting a deadline costs one addition, no timer object.
 */

/** Something that may wait too long. */
export interface Watched {
  /** On the clock of the Deadlines that watches it; Infinity while nothing is awaited. */
  deadline: number;
  /** Called once the deadline has passed; the deadline was set to Infinity before. */
  expired(): void;
}

const defaultTick = 200;
/** Ticks that are counted at most from one look to the next. */
const most = 5;

export class Deadlines {
  readonly #tick: number;
  readonly #watched = new Set<Watched>();
  /** Milliseconds that the thread ran, as far as it was looked at. */
  #now = 0;
  #looked = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `tick` in milliseconds. */
  constructor(tick: number = defaultTick) {
    this.#tick = tick;
  }

  /** The deadline of a wait of so many seconds that starts now. */
  after(seconds: number): number {
    // The clock stands still between two ticks, so it may lag one tick behind: a tick is added for that.
    return this.#now + seconds * 1000 + this.#tick;
  }

  watch(watched: Watched): void {
    if (this.#timer === undefined) {
      this.#looked = performance.now();
      this.#timer = setInterval(() => this.#check(), this.#tick);
      // What is watched keeps the thread alive by its socket; the timer alone must not.
      this.#timer.unref();
    }
    this.#watched.add(watched);
  }

  unwatch(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size === 0 && this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #check(): void {
    // Only what had passed at the look before: in between the thread has read what there was to read.
    const passed = this.#now;
    const looked = performance.now();
    this.#now += Math.min(looked - this.#looked, most * this.#tick);
    this.#looked = looked;
    for (const watched of this.#watched) {
      if (watched.deadline <= passed) {
        watched.deadline = Number.POSITIVE_INFINITY;
        watched.expired();
      }
    }
  }
}
