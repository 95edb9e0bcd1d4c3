/**
 * What a sink did second by second, the last five minutes: for charts.
 */
import type { SinkCounts } from '../counts.js';

const points = 300;

export interface SeriesPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** In this second. */
  readonly messages: number;
  readonly bytes: number;
  readonly troubled: number;
  /** At its end. */
  readonly open: number;
}

export class Series {
  readonly #counts: () => SinkCounts;
  readonly #points: SeriesPoint[] = [];
  #before: SinkCounts;
  #timer: NodeJS.Timeout | undefined;

  constructor(counts: () => SinkCounts) {
    this.#counts = counts;
    this.#before = { ...counts() };
  }

  /** Does not keep a program alive. */
  start(): void {
    this.#timer = setInterval(() => this.take(Date.now()), 1000).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  take(at: number): void {
    const now = { ...this.#counts() };
    const before = this.#before;
    this.#before = now;
    const { open } = now;
    const messages = now.messages - before.messages;
    this.#points.push({ at, messages, bytes: now.bytes - before.bytes, troubled: troubled(now) - troubled(before), open });
    if (this.#points.length > points) this.#points.shift();
  }

  /** Oldest first. */
  all(): readonly SeriesPoint[] {
    return this.#points;
  }
}

function troubled({ refused4, refused5, drops, stalls, delays }: SinkCounts): number {
  return refused4 + refused5 + drops + stalls + delays;
}
