/**
 * The peak of a process tree's summed PSS, sampled while a run goes on.
 * The kernel walks page tables for each sample, so the pause grows with the cost of the last one.
 */
import { performance } from 'node:perf_hooks';
import { pssMiB } from './tree.js';

/** At most this share of one core goes into sampling. */
const share = 0.01;
const shortestPauseMs = 500;

export interface PeakMemory {
  /** Takes a last sample and answers the highest one, in MiB. */
  stop(): number;
}

export function watchPeak(roots: readonly number[]): PeakMemory {
  let highest = 0;
  let timer: NodeJS.Timeout | undefined;
  const sample = (): void => {
    const before = performance.now();
    highest = Math.max(highest, pssMiB(roots));
    timer = setTimeout(sample, Math.max(shortestPauseMs, (performance.now() - before) / share));
  };
  sample();
  return {
    stop() {
      clearTimeout(timer);
      return Math.max(highest, pssMiB(roots));
    },
  };
}
