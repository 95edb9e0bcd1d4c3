/**
 * Microseconds of the system's monotonic clock, the same in all processes of one machine, without an allocation a call.
 */

const offset = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

export function monotonicUs(): number {
  return Math.round(offset + performance.now() * 1000);
}
