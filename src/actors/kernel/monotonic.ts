/**
 * Microseconds of the system's monotonic clock, the same in all threads and processes of one machine, without an
 * allocation a call.
 */

/** The two clocks are read one after the other; the pair that nothing came between is the right one. */
const tries = 8;

function measuredOffset(): number {
  const once = (): number => Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;
  return Math.max(...Array.from({ length: tries }, once));
}

const offset = measuredOffset();

export function monotonicUs(): number {
  return Math.round(offset + performance.now() * 1000);
}
