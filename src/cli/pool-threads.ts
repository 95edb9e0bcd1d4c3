/**
 * How many threads wait for the disk in a process of ours. Fixed by who starts it; a test that counts system calls of one
 * thread has all of them made by one. Starts nothing.
 */

/** The value of UV_THREADPOOL_SIZE: `usual`, or $TQMAIL_TEST_POOL_THREADS together with TQMAIL_TEST_FAULTS=1. */
export function poolThreads(usual: number): string {
  const { TQMAIL_TEST_FAULTS: faults, TQMAIL_TEST_POOL_THREADS: asked = '' } = process.env;
  return faults === '1' && /^[1-9]\d?$/.test(asked) ? asked : `${usual}`;
}
