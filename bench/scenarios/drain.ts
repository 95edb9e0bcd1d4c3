/**
 * A queue that was held and is let go: how fast it empties into the next hop.
 * The span is from the release to the last arrival; nothing is accepted meanwhile.
 */
import { sinkArrivals } from '../arrivals.js';
import { nowUs } from '../load/load.js';
import { watchRun } from '../process/timeline.js';
import { cpuSeconds } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { readLedger, verify } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';
import { acceptRate, Cleanup, faultsOf, sendAll, subfolder, type Trial } from './trial.js';

export async function drain(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer, load, progress } = trial;
    const sink = await load.startSink(subfolder(trial.dir, 'sink'));
    cleanup.add(sink.stop);
    const dir = subfolder(trial.dir, 'server');
    const running = await peer.start({ options, kind: 'hold', sinkPort: sink.port, sinkPid: sink.pid, dir });
    cleanup.add(running.stop);
    if (running.release === undefined) throw new Error('this server cannot let held mail go');
    const sent = await sendAll(trial, running.port, options.n, cleanup);
    const before = cpuSeconds(running.roots);
    const arrivals = sinkArrivals(sink);
    const timeline = watchRun({ roots: running.roots, counts: () => ({ accepted: sent.accepted, arrived: arrivals.count() }) });
    cleanup.add(async () => void timeline.stop());
    const firstUs = nowUs();
    await running.release();
    const perMessage = sink.countsRecipients ? options.rcpts : (peer.transactions(options) ?? 1);
    const reached = await awaitArrivals({
      sent: Promise.resolve(sent),
      arrivals,
      expected: () => options.n * perMessage,
      deadlineUs: firstUs + options.timeout * 1e6,
      progress,
    });
    const delivered = options.n * options.rcpts;
    const cpu = cpuSeconds(running.roots) - before;
    const { points, peakMiB } = timeline.stop();
    const figures = {
      perSecond: (delivered * 1e6) / (reached.lastUs - firstUs),
      cpuPer1000: (cpu * 1000) / delivered,
      peakMiB,
      timeline: points,
    };
    await running.stop();
    await sink.stop();
    const records = arrivals.records();
    const verdict = records === undefined || sent.ledger === undefined ? undefined : verify(readLedger(sent.ledger), records);
    return { ...faultsOf(sent, reached.complete, verdict), ...figures, acceptPerSecond: acceptRate(sent, options.n) };
  } finally {
    await cleanup.run();
  }
}
