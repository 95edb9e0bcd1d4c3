/**
 * A clock that stands still until a test moves it. Timers run in the order of their times; after each one
 * everything that it set going comes to rest before time goes on. Repeated timers run once a step, as
 * those of a process that slept do, so that a week takes a moment.
 */
import type { Cancel, Clock } from '../../src/actors/kernel/clock.js';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  #now: number;
  /** Milliseconds that the wall clock was set by. */
  #set = 0;
  /** Milliseconds in which the process stood. */
  #stood = 0;
  readonly #timers = new Set<Timer>();
  readonly #repeated = new Set<() => void>();
  readonly #settle: () => Promise<void>;

  /** `seconds` since 1970; `settle` resolves when nothing more happens without time passing. */
  constructor(seconds: number, settle: () => Promise<void>) {
    this.#now = seconds * 1000;
    this.#settle = settle;
  }

  readonly now = (): number => this.#now + this.#set;
  readonly monotonic = (): number => this.#now;
  readonly ran = (): number => this.#now - this.#stood;

  after(ms: number, run: () => void): Cancel {
    const timer = { at: this.#now + Math.max(0, ms), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  every(_ms: number, run: () => void): Cancel {
    this.#repeated.add(run);
    return () => void this.#repeated.delete(run);
  }

  get seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  /** Somebody sets the wall clock; timers and the monotonic clock do not notice. */
  set(bySeconds: number): void {
    this.#set += bySeconds * 1000;
  }

  /** The process stands for so long; what was due meanwhile happens then. */
  async stand(seconds: number): Promise<void> {
    this.#now += seconds * 1000;
    this.#stood += seconds * 1000;
    await this.to(this.seconds);
  }

  /** Runs everything up to a time in seconds since 1970, that time included. */
  async to(seconds: number): Promise<void> {
    const end = seconds * 1000 - this.#set;
    await this.#settle();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      await this.#step(timer.at, timer.run);
    }
    await this.#step(end);
  }

  advance(seconds: number): Promise<void> {
    return this.to(this.seconds + seconds);
  }

  async #step(at: number, run?: () => void): Promise<void> {
    this.#now = Math.max(this.#now, at);
    run?.();
    for (const again of [...this.#repeated]) again();
    await this.#settle();
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }

  /** Nothing of what was planned happens any more (the process is gone). */
  clear(): void {
    this.#timers.clear();
    this.#repeated.clear();
  }
}
