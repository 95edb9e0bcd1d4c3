/**
 * When a failed thread (or process) is started again. Pure: times come in, a decision goes out.
 * Back-off 100 ms doubling to 10 s; five failures within a minute end the whole.
 */
export interface RestartPolicy {
  readonly firstMs: number;
  readonly mostMs: number;
  readonly failures: number;
  readonly withinMs: number;
}
const restartPolicy: RestartPolicy = { firstMs: 100, mostMs: 10_000, failures: 5, withinMs: 60_000 };

export type RestartDecision = { readonly restart: true; readonly afterMs: number } | { readonly restart: false };

/** `failures`: times of all failures so far, ascending, this one included, in milliseconds. */
export function decideRestart(failures: readonly number[], policy: RestartPolicy = restartPolicy): RestartDecision {
  const now = failures.at(-1) ?? 0;
  const recent = failures.filter((time) => now - time < policy.withinMs).length;
  if (recent >= policy.failures) return { restart: false };
  return { restart: true, afterMs: Math.min(policy.firstMs * 2 ** (recent - 1), policy.mostMs) };
}
