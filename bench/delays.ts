/**
 * Figures of single delays in milliseconds, in the shape that the rows of a result have.
 * Arithmetic only.
 */
import type { RunRow } from './result.js';
import { percentile } from './statistics.js';

const curve = [0, 50, 75, 87.5, 93.75, 96.875, 98.4375, 99.21875, 99.609375, 99.804688, 99.902344, 100];

export function delayRow(delaysMs: readonly number[]): Partial<RunRow> {
  if (delaysMs.length === 0) return {};
  const sorted = [...delaysMs].sort((a, b) => a - b);
  const at = (percent: number): number => percentile(sorted, percent) ?? 0;
  return {
    p50Ms: at(50),
    p90Ms: at(90),
    p99Ms: at(99),
    p999Ms: at(99.9),
    maxMs: at(100),
    hdr: curve.map((percent) => [percent, at(percent)] as const),
  };
}
