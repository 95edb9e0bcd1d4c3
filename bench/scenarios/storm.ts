/**
 * New mail while a big queue drains: a held queue is let go, and at the same moment a steady stream begins.
 * Its replies are timed from the planned moments, so that a server that stalls is charged for the wait.
 */
import { delayRow } from '../delays.js';
import { nowUs } from '../load/load.js';
import { watchRun } from '../process/timeline.js';
import { cpuSeconds } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { readLedger, verify } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';
import { fillHeldQueue } from './held-queue.js';
import { acceptRate, Cleanup, faultsOf, sourceOrder, subfolder, type Trial } from './trial.js';

/** New messages a second, and their number as a part of the queue. */
const freshRate = 200;
const freshPart = 1 / 20;

export async function storm(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, load, progress } = trial;
    const { running, sink, arrivals, warmed, early, held } = await fillHeldQueue(trial, cleanup);
    const fresh = Math.max(1, Math.ceil(options.n * freshPart));
    const order = { dir: subfolder(trial.dir, 'fresh'), rate: freshRate };
    const before = cpuSeconds(running.roots);
    const firstUs = nowUs();
    await running.release?.();
    const source = await load.startSource(sourceOrder(trial, running.port, fresh, order));
    cleanup.add(source.stop);
    const sofar = (): number => arrivals.count() - warmed.arrived;
    const counts = (): object => ({ accepted: held.accepted + (source.accepted?.() ?? 0), arrived: sofar() });
    const timeline = watchRun({ roots: running.roots, counts });
    cleanup.add(async () => void timeline.stop());
    const delivered = (options.n + fresh) * options.rcpts;
    const deadlineUs = firstUs + options.timeout * 1e6;
    const expected = (): number => delivered + warmed.arrived;
    const awaited = { sent: source.sent, before: [held, ...early], arrivals, expected, deadlineUs, progress };
    const { sent, complete, lastUs } = await awaitArrivals(awaited);
    const cpu = cpuSeconds(running.roots) - before;
    const { points, peakMiB } = timeline.stop();
    await running.stop();
    await sink.stop();
    const arrived = readLedger(sink.ledger ?? '');
    const freshLedger = readLedger(sent.ledger ?? '');
    const verdict = verify([...[held, ...early].flatMap(({ ledger }) => readLedger(ledger ?? '')), ...freshLedger], arrived);
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
