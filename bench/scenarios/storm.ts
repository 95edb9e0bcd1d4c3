/**
 * New mail while a big queue drains: a held queue is let go, and at the same moment a steady stream begins.
 * Its replies are timed from the planned moments, so that a server that stalls is charged for the wait.
 */
import { sinkArrivals } from '../arrivals.js';
import { delayRow } from '../delays.js';
import { nowUs } from '../load/load.js';
import { watchRun } from '../process/timeline.js';
import { cpuSeconds } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { readLedger, verify } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';
import { acceptRate, Cleanup, faultsOf, sendAll, sourceOrder, subfolder, type Trial } from './trial.js';

/** New messages a second, and their number as a part of the queue. */
const freshRate = 200;
const freshPart = 1 / 20;

export async function storm(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer, load, progress } = trial;
    const sink = await load.startSink(subfolder(trial.dir, 'sink'), { port: options.sinkPort });
    cleanup.add(sink.stop);
    const dir = subfolder(trial.dir, 'server');
    const running = await peer.start({ options, kind: 'hold', sinkPort: sink.port, sinkPid: sink.pid, dir });
    cleanup.add(running.stop);
    if (running.release === undefined) throw new Error('this server cannot let held mail go');
    const held = await sendAll(trial, running.port, options.n, cleanup);
    const fresh = Math.max(1, Math.ceil(options.n * freshPart));
    const order = { dir: subfolder(trial.dir, 'fresh'), rate: freshRate };
    const arrivals = sinkArrivals(sink);
    const before = cpuSeconds(running.roots);
    const firstUs = nowUs();
    await running.release();
    const source = await load.startSource(sourceOrder(trial, running.port, fresh, order));
    cleanup.add(source.stop);
    const counts = (): object => ({ accepted: held.accepted + (source.accepted?.() ?? 0), arrived: arrivals.count() });
    const timeline = watchRun({ roots: running.roots, counts });
    cleanup.add(async () => void timeline.stop());
    const delivered = (options.n + fresh) * options.rcpts;
    const deadlineUs = firstUs + options.timeout * 1e6;
    const awaited = { sent: source.sent, before: [held], arrivals, expected: () => delivered, deadlineUs, progress };
    const { sent, complete, lastUs } = await awaitArrivals(awaited);
    const cpu = cpuSeconds(running.roots) - before;
    const { points, peakMiB } = timeline.stop();
    await running.stop();
    await sink.stop();
    const arrived = readLedger(sink.ledger ?? '');
    const [heldLedger, freshLedger] = [readLedger(held.ledger ?? ''), readLedger(sent.ledger ?? '')];
    const verdict = verify([...heldLedger, ...freshLedger], arrived);
    const { latency } = sent;
    return {
      ...faultsOf(sent, complete, verdict),
      perSecond: (delivered * 1e6) / ((verdict.lastUs || lastUs) - firstUs),
      acceptPerSecond: acceptRate(sent, fresh),
      cpuPer1000: (cpu * 1000) / delivered,
      peakMiB,
      ...(latency?.p50Ms === undefined ? {} : { freshP50Ms: latency.p50Ms }),
      ...(latency?.p99Ms === undefined ? {} : { freshP99Ms: latency.p99Ms }),
      ...delayRow(verify(freshLedger, arrived).delaysMs),
      timeline: points,
    };
  } finally {
    await cleanup.run();
  }
}
