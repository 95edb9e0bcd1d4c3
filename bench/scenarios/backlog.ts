/**
 * A server with a full queue that it may not deliver: how long it takes to start, how much memory it needs, and how fast it
 * accepts, against the same server with an empty queue. In the end all of it is let go, and must arrive.
 */
import { sinkArrivals } from '../arrivals.js';
import type { Sent } from '../load/load.js';
import type { RunningPeer } from '../peers/peer.js';
import { watchPeak } from '../process/peak.js';
import { cpuSeconds, pssMiB } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { type Held, letGo, verdictOf } from './let-go.js';
import { acceptRate, Cleanup, faultsOf, sendAll, subfolder, type Trial } from './trial.js';

/** Messages of the two timed batches; fewer when the backlog itself is small. */
const mostProbes = 2_000;

export async function backlog(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer, load, progress } = trial;
    const probes = Math.min(mostProbes, options.n);
    const sink = await load.startSink(subfolder(trial.dir, 'sink'));
    cleanup.add(sink.stop);
    const dir = subfolder(trial.dir, 'server');
    const empty = await peer.start({ options, kind: 'hold', sinkPort: sink.port, sinkPid: sink.pid, dir });
    cleanup.add(empty.stop);
    const send = (port: number, messages: number, folder: string): Promise<Sent> =>
      sendAll(trial, port, messages, cleanup, { folder });
    // Before each of the two batches that are compared: both servers are new.
    const warm = async (port: number, folder: string): Promise<Sent[]> =>
      options.warmup === 0 ? [] : [await send(port, options.warmup, folder)];
    const early = await warm(empty.port, 'warm-up-empty');
    const whenEmpty = await send(empty.port, probes, 'when-empty');
    progress(`filling the queue with ${options.n}`);
    const filling = await send(empty.port, options.n, 'filling');
    const { full, startSeconds } = await startAgain(empty);
    cleanup.add(full.stop);
    const residentMiB = pssMiB(full.roots);
    const late = await warm(full.port, 'warm-up-full');
    const before = cpuSeconds(full.roots);
    const peak = watchPeak(full.roots);
    const whenFull = await send(full.port, probes, 'when-full').finally(() => peak.stop());
    const figures = {
      perSecond: acceptRate(whenFull, probes),
      emptyPerSecond: acceptRate(whenEmpty, probes),
      prefillPerSecond: acceptRate(filling, options.n),
      cpuPer1000: ((cpuSeconds(full.roots) - before) * 1000) / probes,
      peakMiB: peak.stop(),
      startSeconds,
      residentMiB,
    };
    const sent = [whenEmpty, filling, whenFull, ...early, ...late] as const;
    return { ...(await emptied(trial, { running: full, sink, sent })), ...figures };
  } finally {
    await cleanup.run();
  }
}

async function emptied(trial: Trial, held: Held): Promise<RunRow> {
  const { running, sink, sent } = held;
  const { complete, firstUs, lastUs } = await letGo(trial, held);
  await running.stop();
  await sink.stop();
  const delivered = sent.reduce((sum, { accepted }) => sum + accepted, 0);
  const drainPerSecond = (delivered * 1e6) / (lastUs - firstUs);
  return { ...faultsOf({ refused: 0 }, complete, verdictOf(sent, sinkArrivals(sink))), drainPerSecond };
}

async function startAgain(running: RunningPeer): Promise<{ full: RunningPeer; startSeconds: number }> {
  if (running.again === undefined) throw new Error('this server cannot be started on its old queue');
  await running.stop();
  const before = performance.now();
  const full = await running.again();
  return { full, startSeconds: (performance.now() - before) / 1000 };
}
