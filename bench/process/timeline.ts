/**
 * How a run goes on: accepted and arrived so far, ten times a second, and now and then CPU and memory of the server's tree.
 * That is a walk through /proc, so the pauses between them grow with what one costs; the number of points is bounded.
 */
import type { TimelinePoint } from '../result.js';
import { cpuSeconds, pssMiB } from './tree.js';

/** Counts are two looks at a file. */
const countMs = 100;
/** CPU time is read from a file for each process. */
const cpuMs = 250;
/** Page tables are walked for each sample of memory, and the process waits meanwhile. */
const memoryMs = 500;
/** At most this share of one core goes into each of the two. */
const share = 0.02;
/** Beyond it every second point goes. */
const mostPoints = 800;

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
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const cpu = seldom(cpuMs, () => Math.round((cpuSeconds(roots) - cpuBefore) * 100) / 100);
  const memory = seldom(memoryMs, () => Math.round(pssMiB(roots) * 10) / 10);
  const processes = (last: boolean): Pick<TimelinePoint, 'cpu' | 'mib'> => {
    const [used, mib] = [cpu(last), memory(last)];
    peakMiB = Math.max(peakMiB, mib ?? 0);
    return { ...(used === undefined ? {} : { cpu: used }), ...(mib === undefined ? {} : { mib }) };
  };
  const look = (last: boolean): void => {
    const t = Math.round((performance.now() - beginMs) / 10) / 100;
    points.push({ t, ...counts(), ...(roots.length === 0 ? {} : processes(last)) });
    if (points.length > mostPoints) points = points.filter((_, index) => index % 2 === 0);
    const sparse = Math.ceil(points.length / (mostPoints / 4));
    if (!last) timer = setTimeout(() => look(false), countMs * sparse);
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

/** Measures when its time has come, or when it must: the next time comes later the more CPU time this one took. */
function seldom(leastMs: number, measure: () => number): (must: boolean) => number | undefined {
  let nextMs = Number.NEGATIVE_INFINITY;
  return (must) => {
    if (!must && performance.now() < nextMs) return undefined;
    const before = process.cpuUsage();
    const value = measure();
    const { user, system } = process.cpuUsage(before);
    nextMs = performance.now() + Math.max(leastMs, (user + system) / 1000 / share);
    return value;
  };
}
