/**
 * Thousands of connections that do nothing, and some that write a message octet by octet, while a thousand messages a minute go
 * through: nobody may be refused or cut off. The figure is the memory that the crowd takes.
 */
import { descriptorLimit } from '../../src/actors/kernel/descriptors.js';
import { sinkArrivals } from '../arrivals.js';
import { openCrowd } from '../load/crowd.js';
import { nowUs } from '../load/load.js';
import { type BenchOptions, slowOf } from '../options.js';
import { watchRun } from '../process/timeline.js';
import { cpuSeconds, pssMiB } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { readLedger, verify } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';
import { acceptRate, Cleanup, faultsOf, sourceOrder, subfolder, type Trial } from './trial.js';

/** Normal messages a second: a thousand a minute, and a few. */
const rate = 17;
const slowDomain = 'slow.test';

/** Empty when so many connections can be open at once, else what to do. */
function crowdMissing(options: BenchOptions): string {
  // The server keeps half of its descriptors for files, programs and connections that go out.
  const needed = 2 * (options.crowd + slowOf(options) + options.sessions + 50);
  const limit = descriptorLimit();
  if (limit >= needed) return '';
  return `${options.crowd} idle connections need ${needed} open files, the limit is ${limit}: raise it (ulimit -n ${needed}; LimitNOFILE= in a systemd unit) or give --crowd N`;
}

export async function idleCrowd(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer, load, progress } = trial;
    const missing = crowdMissing(options);
    if (missing !== '') throw new Error(missing);
    const sink = await load.startSink(subfolder(trial.dir, 'sink'));
    cleanup.add(sink.stop);
    const slowSink = await load.startSink(subfolder(trial.dir, 'slow-sink'));
    cleanup.add(slowSink.stop);
    const dir = subfolder(trial.dir, 'server');
    const routes = { [slowDomain]: { address: '127.0.0.1', port: slowSink.port } };
    const running = await peer.start({ options, kind: 'relay', sinkPort: sink.port, sinkPid: sink.pid, dir, routes });
    cleanup.add(running.stop);
    const aloneMiB = pssMiB(running.roots);
    progress(`${options.crowd} connections`);
    const order = { port: running.port, idle: options.crowd, slow: slowOf(options), recipient: `all@${slowDomain}` };
    const crowd = await openCrowd(order);
    cleanup.add(crowd.stop);
    const crowdMiB = pssMiB(running.roots);
    const arrivals = sinkArrivals(sink);
    const timeline = watchRun({ roots: running.roots, counts: () => ({ arrived: arrivals.count() }) });
    cleanup.add(async () => void timeline.stop());
    const before = cpuSeconds(running.roots);
    const source = await load.startSource(sourceOrder(trial, running.port, options.n, { rate }));
    cleanup.add(source.stop);
    const deadlineUs = nowUs() + options.timeout * 1e6;
    const expected = (): number => options.n * options.rcpts;
    const { sent, complete } = await awaitArrivals({ sent: source.sent, arrivals, expected, deadlineUs, progress });
    const cpu = cpuSeconds(running.roots) - before;
    const { points, peakMiB } = timeline.stop();
    const { idleLost, slowLost } = await crowd.finish();
    await crowd.stop();
    await running.stop();
    await sink.stop();
    const verdict = verify(readLedger(sent.ledger ?? ''), readLedger(sink.ledger ?? ''));
    const { ok, error, ...faults } = faultsOf(sent, complete, verdict);
    const faultsTold = [
      ...(error === undefined ? [] : [error]),
      ...(idleLost > 0 ? [`${idleLost} idle connections cut off`] : []),
      ...(slowLost > 0 ? [`${slowLost} slow messages refused or cut off`] : []),
    ];
    return {
      ok: ok && faultsTold.length === 0,
      ...(faultsTold.length === 0 ? {} : { error: faultsTold.join(', ') }),
      ...faults,
      acceptPerSecond: acceptRate(sent, options.n),
      ...sent.latency,
      cpuPer1000: (cpu * 1000) / (options.n * options.rcpts),
      aloneMiB,
      crowdMiB,
      peakMiB,
      timeline: points,
    };
  } finally {
    await cleanup.run();
  }
}
