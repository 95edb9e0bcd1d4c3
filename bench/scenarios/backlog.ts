/**
 * A server with a full queue that it cannot deliver: how long it takes to start, how much memory it needs,
 * and how fast it accepts, against the same server with an empty queue.
 */
import type { RunningPeer } from '../peers/peer.js';
import { watchPeak } from '../process/peak.js';
import { cpuSeconds, pssMiB } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { acceptRate, Cleanup, sendAll, subfolder, type Trial } from './trial.js';

/** Messages of the two timed batches; fewer when the backlog itself is small. */
const mostProbes = 2_000;

export async function backlog(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer, progress } = trial;
    const probes = Math.min(mostProbes, options.n);
    const empty = await peer.start({ options, kind: 'hold', sinkPort: 0, sinkPid: 0, dir: subfolder(trial.dir, 'server') });
    cleanup.add(empty.stop);
    const whenEmpty = await sendAll(trial, empty.port, probes, cleanup);
    progress(`filling the queue with ${options.n}`);
    const filling = await sendAll(trial, empty.port, options.n, cleanup);
    const { full, startSeconds } = await startAgain(empty);
    cleanup.add(full.stop);
    const residentMiB = pssMiB(full.roots);
    const before = cpuSeconds(full.roots);
    const peak = watchPeak(full.roots);
    const whenFull = await sendAll(trial, full.port, probes, cleanup).finally(() => peak.stop());
    return {
      ok: true,
      perSecond: acceptRate(whenFull, probes),
      emptyPerSecond: acceptRate(whenEmpty, probes),
      prefillPerSecond: acceptRate(filling, options.n),
      cpuPer1000: ((cpuSeconds(full.roots) - before) * 1000) / probes,
      peakMiB: peak.stop(),
      startSeconds,
      residentMiB,
    };
  } finally {
    await cleanup.run();
  }
}

async function startAgain(running: RunningPeer): Promise<{ full: RunningPeer; startSeconds: number }> {
  if (running.again === undefined) throw new Error('this server cannot be started on its old queue');
  await running.stop();
  const before = performance.now();
  const full = await running.again();
  return { full, startSeconds: (performance.now() - before) / 1000 };
}
