/**
 * The sources themselves: `tqmail source` and smtp-source in turn into the same sink, processes from their start to
 * their end. CPU is the source's own.
 */

import { nowUs } from '../load/load.js';
import { postfixLoad } from '../load/postfix.js';
import { tqmailLoad } from '../load/tqmail.js';
import { smtpSource } from '../peers/smtp-source.js';
import { endedChildrenCpuSeconds } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { Cleanup, faultsOf, sourceOrder, subfolder, type Trial } from './trial.js';

export async function sourceSpeed(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer } = trial;
    const sinks = postfixLoad.missing() === '' ? postfixLoad : tqmailLoad;
    const sink = await sinks.startSink(subfolder(trial.dir, 'sink'));
    cleanup.add(sink.stop);
    const sources = peer.name === smtpSource.name ? postfixLoad : tqmailLoad;
    const before = endedChildrenCpuSeconds();
    const begunUs = nowUs();
    const source = await sources.startSource(sourceOrder(trial, sink.port, options.n));
    cleanup.add(source.stop);
    const sent = await source.sent;
    const seconds = (nowUs() - begunUs) / 1e6;
    const cpu = endedChildrenCpuSeconds() - before;
    await sink.stop();
    const wanted = options.n * (sink.countsRecipients ? options.rcpts : 1);
    const arrived = sink.arrived();
    return {
      ...faultsOf(sent, arrived >= wanted, undefined),
      perSecond: sent.accepted / seconds,
      mbPerSecond: (sent.accepted * options.size) / 1e6 / seconds,
      cpuPer1000: (cpu * 1000) / sent.accepted,
      ...(cpu > 0 ? { perCore: sent.accepted / cpu } : {}),
      ...sent.latency,
      arrived,
      lost: Math.max(0, wanted - arrived),
      duplicate: Math.max(0, arrived - wanted),
    };
  } finally {
    await cleanup.run();
  }
}
