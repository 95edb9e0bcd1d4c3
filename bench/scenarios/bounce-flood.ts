/**
 * Mail whose every recipient the next hop refuses for good: each message becomes a bounce to its sender, who is local.
 * The span is from the first connection to the last bounce in the sender's Maildir.
 */
import { bounceArrivals } from '../arrivals.js';
import { nowUs } from '../load/load.js';
import { localRecipient } from '../peers/peer.js';
import { watchRun } from '../process/timeline.js';
import { cpuSeconds } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { readLedger, verify } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';
import { Cleanup, faultsOf, sourceOrder, subfolder, type Trial } from './trial.js';
import { warmUp } from './warm-up.js';

const refusal = 'rcpt * 550 no such user here\n';

export async function bounceFlood(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer, load, progress } = trial;
    const sink = await load.startSink(subfolder(trial.dir, 'sink'), { rules: refusal });
    cleanup.add(sink.stop);
    const dir = subfolder(trial.dir, 'server');
    const running = await peer.start({ options, kind: 'bounce', sinkPort: sink.port, sinkPid: sink.pid, dir });
    cleanup.add(running.stop);
    if (running.mailbox === undefined) throw new Error('this server has no local mailbox');
    const arrivals = bounceArrivals(running.mailbox);
    const single = { ...trial, options: { ...options, rcpts: 1 } };
    const extras = { sender: localRecipient };
    const warmed = await warmUp(single, { running, arrivals, expected: ({ accepted }) => accepted }, cleanup, extras);
    const early = warmed.sent === undefined ? [] : [warmed.sent];
    const before = cpuSeconds(running.roots);
    const source = await load.startSource(sourceOrder(single, running.port, options.n, extras));
    cleanup.add(source.stop);
    const counts = (): object => ({ accepted: source.accepted?.() ?? 0, arrived: arrivals.count() - warmed.arrived });
    const timeline = watchRun({ roots: running.roots, counts });
    cleanup.add(async () => void timeline.stop());
    const deadlineUs = nowUs() + options.timeout * 1e6;
    const expected = (): number => options.n + warmed.arrived;
    const reached = await awaitArrivals({ sent: source.sent, before: early, arrivals, expected, deadlineUs, progress });
    const cpu = cpuSeconds(running.roots) - before;
    const { points, peakMiB } = timeline.stop();
    await running.stop();
    const { sent, complete, lastUs } = reached;
    const ledgers = [...early, sent].map(({ ledger }) => ledger ?? '');
    const verdict = verify(ledgers.flatMap(readLedger), arrivals.records() ?? []);
    return {
      ...faultsOf(sent, complete, verdict),
      perSecond: (sent.accepted * 1e6) / Math.max(1, (verdict.lastUs || lastUs) - sent.firstUs),
      cpuPer1000: (cpu * 1000) / options.n,
      peakMiB,
      timeline: points,
    };
  } finally {
    await cleanup.run();
  }
}
