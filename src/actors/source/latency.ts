/**
 * Latencies in bounded memory: an HDR histogram (the one that Node has built in, three significant digits), which
 * threads can hand over and add up. Arithmetic only.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Milliseconds. */
export interface LatencyFigures {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Pairs of percentile and milliseconds, each step halving what is left above: enough to draw the curve. */
  readonly hdr: readonly (readonly [percentile: number, ms: number])[];
}

/** One microsecond to a day. */
const highestUs = 86_400_000_000;
const significant = 3;
/** 0, 50, 75, 87.5, … while at least one value lies above, at most this many steps. */
const mostSteps = 24;

export class LatencyHistogram {
  readonly recorded: RecordableHistogram = createHistogram({ lowest: 1, highest: highestUs, figures: significant });

  /** Takes one latency in microseconds; below one counts as one. */
  add(us: number): void {
    this.recorded.record(us < 1 ? 1 : Math.min(highestUs, Math.round(us)));
  }

  /** Adds all that another one holds. */
  merge(other: RecordableHistogram): void {
    if (other.count > 0) this.recorded.add(other);
  }

  /** Undefined when nothing was added. */
  figures(): LatencyFigures | undefined {
    const { recorded } = this;
    if (recorded.count === 0) return undefined;
    const at = (percent: number): number => milliseconds(Math.min(recorded.percentile(percent), recorded.max));
    const hdr: (readonly [number, number])[] = [[0, milliseconds(recorded.min)]];
    for (let step = 1, above = 0.5; step <= mostSteps && above * recorded.count >= 1; step++, above /= 2) {
      const percent = 100 * (1 - above);
      hdr.push([Number(percent.toFixed(6)), at(percent)]);
    }
    hdr.push([100, milliseconds(recorded.max)]);
    return {
      min: milliseconds(recorded.min),
      mean: milliseconds(recorded.mean),
      p50: at(50),
      p75: at(75),
      p90: at(90),
      p95: at(95),
      p99: at(99),
      p999: at(99.9),
      max: milliseconds(recorded.max),
      hdr,
    };
  }
}

function milliseconds(us: number): number {
  return Math.round(us) / 1000;
}
