/**
 * How a run goes on: accepted and arrived so far, CPU and memory of the server's tree, looked at a few times a second.
 * A look costs a walk through /proc, so the pauses grow with what it cost; the number of points is bounded.
 */
import type { TimelinePoint } from '../result.js';
import { cpuSeconds, pssMiB } from './tree.js';

const shortestPauseMs = 250;
/** At most this share of one core goes into looking. */
const share = 0.02;
/** Beyond it every second point goes. */
const mostPoints = 400;

export interface Watched {
  readonly roots: readonly number[];
  /** What is known to be accepted and to have arrived at this moment. */
  readonly counts: () => { readonly accepted?: number; readonly arrived?: number };
}

export interface Timeline {
  /** Takes a last look and answers all of them, with the highest memory seen. May be called twice. */
  stop(): { readonly points: readonly TimelinePoint[]; readonly peakMiB: number };
}

export function watchRun({ roots, counts }: Watched): Timeline {
  const beginMs = performance.now();
  const cpuBefore = cpuSeconds(roots);
  let points: TimelinePoint[] = [];
  let peakMiB = 0;
  let [memoryAtMs, mib] = [Number.NEGATIVE_INFINITY, 0];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = (last: boolean): void => {
    const begun = performance.now();
    const t = Math.round((begun - beginMs) / 10) / 100;
    // Page tables are walked for each sample of memory: at most twice a second.
    if (roots.length > 0 && (last || begun - memoryAtMs >= 2 * shortestPauseMs)) {
      [memoryAtMs, mib] = [begun, Math.round(pssMiB(roots) * 10) / 10];
      peakMiB = Math.max(peakMiB, mib);
    }
    const tree = roots.length === 0 ? {} : { cpu: Math.round((cpuSeconds(roots) - cpuBefore) * 100) / 100, mib };
    points.push({ t, ...counts(), ...tree });
    if (points.length > mostPoints) points = points.filter((_, index) => index % 2 === 0);
    const sparse = Math.ceil(points.length / (mostPoints / 2));
    if (!last) timer = setTimeout(() => look(false), Math.max(shortestPauseMs * sparse, (performance.now() - begun) / share));
  };
  look(false);
  return {
    stop() {
      clearTimeout(timer);
      if (!stopped) look(true);
      stopped = true;
      return { points, peakMiB };
    },
  };
}
