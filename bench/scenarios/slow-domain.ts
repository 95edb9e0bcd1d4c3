/**
 * One destination that answers slowly must not slow the others: the same mail alone, then beside mail for a domain
 * whose next hop takes its time over every reply. Figures are those of the others.
 */
import type { LedgerRecord } from '../../src/protocol/ledger.js';
import { type Arrivals, sinkArrivals } from '../arrivals.js';
import { nowUs, type Sent, type SourceOrder } from '../load/load.js';
import { startSlowHop } from '../load/slow-hop.js';
import { watchRun } from '../process/timeline.js';
import { cpuSeconds } from '../process/tree.js';
import type { RunRow } from '../result.js';
import { readLedger, verify } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';
import { Cleanup, faultsOf, sourceOrder, subfolder, type Trial } from './trial.js';
import { rest, warmUp } from './warm-up.js';

const slowDomain = 'slow.test';
const replyDelayMs = 500;
/** Mail for the slow domain, as a part of the other mail. */
const slowPart = 1 / 20;

export async function besideSlowDomain(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const { options, peer, load } = trial;
    const sink = await load.startSink(subfolder(trial.dir, 'sink'));
    cleanup.add(sink.stop);
    const hop = await startSlowHop(sink.port, replyDelayMs);
    cleanup.add(hop.stop);
    const dir = subfolder(trial.dir, 'server');
    const routes = { [slowDomain]: hop };
    const running = await peer.start({ options, kind: 'relay', sinkPort: sink.port, sinkPid: sink.pid, dir, routes });
    cleanup.add(running.stop);
    const phase = (name: string, extras: Partial<SourceOrder> = {}): Promise<Phase> =>
      begin(trial, running.port, cleanup, { dir: subfolder(trial.dir, name), ...extras });
    const arrivals = sinkArrivals(sink);
    // Without it the mail that is alone would pay for all that a new server does once, and the slow domain look harmless.
    const warmed = await warmUp(trial, { running, arrivals, expected: ({ accepted }) => accepted }, cleanup, {});
    const early = warmed.sent === undefined ? [] : [warmed.sent];
    const deadlineUs = nowUs() + options.timeout * 1e6 + (running.restMs ?? 0) * 1000;
    const wait = (last: Phase, before: readonly Phase[]): Promise<boolean> =>
      allArrive(trial, arrivals, deadlineUs, last, { early, before });
    const alone = await phase('alone');
    const firstComplete = await wait(alone, []);
    await rest(trial, running);
    const slow = await phase('slow', { messages: Math.ceil(options.n * slowPart), recipient: `rcpt-#@${slowDomain}` });
    const beside = await phase('beside');
    const counts = (): object => ({ arrived: arrivals.count() });
    const cpuBefore = cpuSeconds(running.roots);
    const timeline = watchRun({ roots: running.roots, counts });
    cleanup.add(async () => void timeline.stop());
    const complete = firstComplete && (await wait(beside, [alone, slow]));
    const cpu = cpuSeconds(running.roots) - cpuBefore;
    const { points, peakMiB } = timeline.stop();
    await running.stop();
    await sink.stop();
    const arrived = readLedger(sink.ledger ?? '');
    const all = await Promise.all([alone, slow, beside].map((one) => one.sent));
    const ledgers = [...early, ...all].map(({ ledger }) => ledger ?? '');
    const verdict = verify(ledgers.flatMap(readLedger), arrived);
    const [perSecond, alonePerSecond] = [rateOf(await beside.sent, arrived), rateOf(await alone.sent, arrived)];
    const refused = all.reduce((sum, sent) => sum + sent.refused, 0);
    const faults = faultsOf({ refused }, complete, verdict);
    const cpuPer1000 = (cpu * 1000) / ((slow.messages + beside.messages) * options.rcpts);
    return { ...faults, perSecond, alonePerSecond, kept: perSecond / alonePerSecond, cpuPer1000, peakMiB, timeline: points };
  } finally {
    await cleanup.run();
  }
}

interface Phase {
  readonly messages: number;
  readonly sent: Promise<Sent>;
}

async function begin(trial: Trial, port: number, cleanup: Cleanup, order: Partial<SourceOrder>): Promise<Phase> {
  const messages = order.messages ?? trial.options.n;
  const source = await trial.load.startSource(sourceOrder(trial, port, messages, order));
  cleanup.add(source.stop);
  return { messages, sent: source.sent };
}

async function allArrive(
  { options, progress }: Trial,
  arrivals: Arrivals,
  deadlineUs: number,
  last: Phase,
  { early, before }: { readonly early: readonly Sent[]; readonly before: readonly Phase[] },
): Promise<boolean> {
  const warm = early.reduce((sum, { accepted }) => sum + accepted, 0);
  const expected = [last, ...before].reduce((sum, { messages }) => sum + messages * options.rcpts, warm);
  const earlier = [...early, ...(await Promise.all(before.map((one) => one.sent)))];
  const awaited = { sent: last.sent, before: earlier, arrivals, expected: () => expected, deadlineUs, progress };
  return (await awaitArrivals(awaited)).complete;
}

/** Deliveries a second of one source's mail, up to its own last arrival. */
function rateOf({ firstUs, accepted, ledger }: Sent, arrived: readonly LedgerRecord[]): number {
  const run = readLedger(ledger ?? '')[0]?.run;
  const lastUs = arrived.reduce((last, record) => (record.run === run ? Math.max(last, record.us) : last), firstUs + 1);
  return (accepted * 1e6) / (lastUs - firstUs);
}
