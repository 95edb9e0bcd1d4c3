/**
 * A queue that was held and is let go: how fast it empties into the next hop.
 * The span is from the release to the last arrival; nothing is accepted meanwhile.
 */
import { watchRun } from '../process/timeline.js';
import { cpuSeconds } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { fillHeldQueue } from './held-queue.js';
import { countedFaults, letGo, verdictOf } from './let-go.js';
import { acceptRate, Cleanup, faultsOf, type Trial } from './trial.js';

export async function drain(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options } = trial;
    const { running, sink, arrivals, warmed, early, held } = await fillHeldQueue(trial, cleanup);
    const before = cpuSeconds(running.roots);
    const counts = (): object => ({ accepted: held.accepted, arrived: arrivals.count() - warmed.arrived });
    const timeline = watchRun({ roots: running.roots, counts });
    cleanup.add(async () => void timeline.stop());
    const { complete, firstUs, lastUs, expected } = await letGo(trial, { running, sink, sent: [held, ...early] });
    const delivered = options.n * options.rcpts;
    const cpu = cpuSeconds(running.roots) - before;
    const { points, peakMiB } = timeline.stop();
    const figures = {
      perSecond: (delivered * 1e6) / (lastUs - firstUs),
      cpuPer1000: (cpu * 1000) / delivered,
      peakMiB,
      timeline: points,
    };
    await running.stop();
    await sink.stop();
    const verdict = verdictOf([held, ...early], arrivals);
    return {
      ...faultsOf(held, complete, verdict),
      ...(verdict === undefined ? countedFaults(arrivals.count(), expected) : {}),
      ...figures,
      acceptPerSecond: acceptRate(held, options.n),
    };
  } finally {
    await cleanup.run();
  }
}
