/**
 * A queue that was held and is let go: how fast it empties into the next hop.
 * The span is from the release to the last arrival; nothing is accepted meanwhile.
 */
import { sinkArrivals } from '../arrivals.js';
import { watchRun } from '../process/timeline.js';
import { cpuSeconds } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { letGo, verdictOf } from './let-go.js';
import { acceptRate, Cleanup, faultsOf, sendAll, subfolder, type Trial } from './trial.js';

export async function drain(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer, load } = trial;
    const sink = await load.startSink(subfolder(trial.dir, 'sink'));
    cleanup.add(sink.stop);
    const dir = subfolder(trial.dir, 'server');
    const running = await peer.start({ options, kind: 'hold', sinkPort: sink.port, sinkPid: sink.pid, dir });
    cleanup.add(running.stop);
    const sent = await sendAll(trial, running.port, options.n, cleanup);
    const before = cpuSeconds(running.roots);
    const arrivals = sinkArrivals(sink);
    const timeline = watchRun({ roots: running.roots, counts: () => ({ accepted: sent.accepted, arrived: arrivals.count() }) });
    cleanup.add(async () => void timeline.stop());
    const { complete, firstUs, lastUs } = await letGo(trial, { running, sink, sent: [sent] });
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
    return {
      ...faultsOf(sent, complete, verdictOf([sent], arrivals)),
      ...figures,
      acceptPerSecond: acceptRate(sent, options.n),
    };
  } finally {
    await cleanup.run();
  }
}
