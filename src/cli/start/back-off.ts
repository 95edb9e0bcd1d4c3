/**
 * When a dead process is started again: a pure function of how it died before.
 * 100 ms doubling to 10 s; the fifth failure within a minute gives up.
 */

/** Failures so far. `recent` holds their times in milliseconds, at most five of them. */
export interface Failures {
  readonly recent: readonly number[];
  readonly inARow: number;
}

export const noFailures: Failures = { recent: [], inARow: 0 };

export type Restart =
  | { readonly tag: 'again'; readonly delayMs: number; readonly failures: Failures }
  | { readonly tag: 'give up' };

const firstDelayMs = 100;
const longestDelayMs = 10_000;
const windowMs = 60_000;
const allowed = 5;

/** `now` and `startedAt` in milliseconds on one clock. A process that lived a minute starts the doubling anew. */
export function nextRestart(before: Failures, startedAt: number, now: number): Restart {
  const recent = [...before.recent.filter((time) => now - time < windowMs), now];
  if (recent.length >= allowed) return { tag: 'give up' };
  const inARow = now - startedAt >= windowMs ? 1 : before.inARow + 1;
  const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (inARow - 1));
  return { tag: 'again', delayMs, failures: { recent, inARow } };
}
