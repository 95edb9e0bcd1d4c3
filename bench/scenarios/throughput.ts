/**
 * The scenarios that push a number of messages through a server: relay, fanout, local, latency, accept, sink.
 * One timed span: from the source's first connection to the last arrival (or the last reply, where nothing arrives yet),
 * after the warm-up. What is accepted and held is let go after that span, so that all of it can be judged.
 */
import { type Arrivals, maildirArrivals, sinkArrivals } from '../arrivals.js';
import { delayRow } from '../delays.js';
import { nowUs, type Sent, type SinkRun, type SourceOrder } from '../load/load.js';
import type { BenchOptions } from '../options.js';
import { localRecipient, type RunningPeer, type Workload } from '../peers/peer.js';
import { watchRun } from '../process/timeline.js';
import { cpuSeconds } from '../process/tree.js';
import type { RunRow, TimelinePoint } from '../result.js';
import type { Verdict } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';
import { awaitCopies, retryNowAndThen } from './await-copies.js';
import { countedFaults, letGo, verdictOf } from './let-go.js';
import { Cleanup, faultsOf, sourceOrder, subfolder, type Trial } from './trial.js';
import { type Warmed, type WarmStage, warmUp } from './warm-up.js';

/** Messages a second of the latency scenario: slow enough that each finds the server idle. */
const idleRate = 20;

interface Stage extends WarmStage {
  /** The next hop. */
  readonly sink: SinkRun | undefined;
  /** Looked at only when the clock has stopped: of a sink that is measured itself, or of mail that was held. */
  readonly later: Arrivals | undefined;
  /** Deliveries that the next hop took without an answer so far. */
  readonly unanswered?: () => Promise<number>;
}

export async function throughput(trial: Trial): Promise<RunRow> {
  const cleanup = new Cleanup();
  try {
    const stage = await setUp(trial, cleanup);
    const warmed = await warmUp(trial, stage, cleanup, recipient(trial.options));
    const measured = await push(trial, stage, warmed, cleanup);
    const provoked = await awaitCopies(trial, stage, measured);
    const complete = measured.complete && (await allLetGo(trial, stage, measured, warmed));
    // The server first, then the sink: what is still under way must be counted.
    await stage.running.stop();
    await cleanup.run();
    return judge(trial, stage, { ...measured, complete }, warmed, provoked);
  } finally {
    await cleanup.run();
  }
}

async function setUp(trial: Trial, cleanup: Cleanup): Promise<Stage> {
  const { options, peer, load } = trial;
  const kind = workloadKind(options);
  let sink: SinkRun | undefined;
  if (kind !== 'local' && options.scenario !== 'sink') {
    const rules = options.rules === undefined ? {} : { rules: options.rules };
    sink = await load.startSink(subfolder(trial.dir, 'sink'), { port: options.sinkPort, ...rules });
    cleanup.add(sink.stop);
  }
  const running = await peer.start({
    options,
    kind,
    sinkPort: sink?.port ?? 0,
    sinkPid: sink?.pid ?? 0,
    dir: subfolder(trial.dir, 'server'),
  });
  cleanup.add(running.stop);
  const letsGo = kind === 'hold' && running.release !== undefined;
  const arrivals = sink === undefined || kind === 'hold' ? mailboxArrivals(running, options) : sinkArrivals(sink);
  const counting = running.taken ?? (letsGo ? sink : undefined);
  const later = counting === undefined ? undefined : sinkArrivals(counting);
  const perMessage = (counting ?? sink)?.countsRecipients === false ? peer.transactions(options) : options.rcpts;
  const expected = (sent: Sent): number | undefined =>
    perMessage === undefined ? undefined : (sent.accepted / options.rcpts) * perMessage;
  const unanswered = sink?.unanswered === undefined ? {} : { unanswered: sink.unanswered };
  return { running, sink, arrivals, later, expected, ...unanswered };
}

/** True when nothing is held, or all of it has arrived. */
async function allLetGo(trial: Trial, { running, sink, later }: Stage, { sent }: Measured, warmed: Warmed): Promise<boolean> {
  if (sink === undefined || later === undefined) return true;
  const before = warmed.sent === undefined ? [] : [warmed.sent];
  return (await letGo(trial, { running, sink, sent: [sent, ...before] })).complete;
}

function workloadKind({ scenario }: BenchOptions): Workload['kind'] {
  return scenario === 'local' ? 'local' : scenario === 'accept' ? 'hold' : 'relay';
}

function mailboxArrivals(running: RunningPeer, options: BenchOptions): Arrivals | undefined {
  if (options.scenario !== 'local') return undefined;
  if (running.mailbox === undefined) throw new Error('this server has no local mailbox');
  return maildirArrivals(running.mailbox, localRecipient, options.load === 'tqmail');
}

interface Measured {
  readonly sent: Sent;
  readonly complete: boolean;
  /** When the last arrival was counted, microseconds of the monotonic clock. */
  readonly lastUs: number;
  readonly cpu: number;
  readonly peakMiB: number;
  readonly points: readonly TimelinePoint[];
}

async function push(trial: Trial, stage: Stage, warmed: Warmed, cleanup: Cleanup): Promise<Measured> {
  const { options, load, progress } = trial;
  const { running, arrivals } = stage;
  const deadlineUs = nowUs() + options.timeout * 1e6;
  const cpuBefore = cpuSeconds(running.roots);
  const source = await load.startSource(sourceOrder(trial, running.port, options.n, extras(options)));
  cleanup.add(source.stop);
  let arrived = 0;
  const counts = (): Partial<TimelinePoint> => ({
    ...(source.accepted === undefined ? {} : { accepted: source.accepted() }),
    ...(arrivals === undefined ? {} : { arrived }),
  });
  const timeline = watchRun({ roots: running.roots, counts });
  if (stage.unanswered !== undefined) cleanup.add(retryNowAndThen(running));
  try {
    const seen = (count: number): void => {
      arrived = count - warmed.arrived;
    };
    const expected = (sent: Sent): number | undefined => inAll(stage, sent, warmed);
    const before = warmed.sent === undefined ? [] : [warmed.sent];
    const reached = await awaitArrivals({ sent: source.sent, before, arrivals, expected, deadlineUs, progress, seen });
    const cpu = cpuSeconds(running.roots) - cpuBefore;
    return { ...reached, cpu, ...timeline.stop() };
  } finally {
    timeline.stop();
  }
}

function extras(options: BenchOptions): Partial<SourceOrder> {
  return options.scenario === 'latency' ? { rate: idleRate } : recipient(options);
}

function recipient({ scenario }: BenchOptions): Partial<SourceOrder> {
  return scenario === 'local' ? { recipient: localRecipient } : {};
}

/** Arrivals of a complete run, those of the warm-up too; undefined when not known before. */
function inAll(stage: Stage, sent: Sent, warmed: Warmed): number | undefined {
  const expected = stage.expected(sent);
  return expected === undefined ? undefined : expected + warmed.arrived;
}

function judge(trial: Trial, stage: Stage, measured: Measured, warmed: Warmed, provoked: number | undefined): RunRow {
  const { options } = trial;
  const { sent, cpu, peakMiB } = measured;
  const arrivals = stage.arrivals ?? stage.later;
  const all = warmed.sent === undefined ? [sent] : [warmed.sent, sent];
  const verdict = arrivals === undefined ? undefined : verdictOf(all, arrivals);
  const lastUs = (stage.arrivals === undefined ? undefined : verdict?.lastUs) || measured.lastUs;
  const seconds = Math.max(1, lastUs - sent.firstUs) / 1e6;
  const delivered = sent.accepted;
  const known = stage.running.roots.length > 0;
  return {
    ...faultsOf(sent, measured.complete, verdict, provoked),
    perSecond: delivered / seconds,
    mbPerSecond: (delivered * options.size) / 1e6 / seconds,
    acceptPerSecond: (sent.accepted / options.rcpts / Math.max(1, sent.lastUs - sent.firstUs)) * 1e6,
    ...(known ? { cpuPer1000: (cpu * 1000) / Math.max(1, delivered), peakMiB } : {}),
    // The load takes more CPU than a sink: the rate alone would compare the load with itself.
    ...(options.scenario === 'sink' && cpu > 0 ? { perCore: delivered / cpu } : {}),
    ...latencyOf(options, sent, arrivals),
    ...countFigures(stage, sent, warmed, verdict),
    timeline: measured.points,
  };
}

/** Of what was timed alone. */
function latencyOf({ scenario }: BenchOptions, sent: Sent, arrivals: Arrivals | undefined): Partial<RunRow> {
  const own = scenario === 'latency' && arrivals !== undefined ? verdictOf([sent], arrivals) : undefined;
  return own === undefined ? (sent.latency ?? {}) : delayRow(own.delaysMs);
}

function countFigures(stage: Stage, sent: Sent, warmed: Warmed, verdict: Verdict | undefined): Partial<RunRow> {
  const arrivals = stage.arrivals ?? stage.later;
  if (arrivals === undefined) return {};
  const early = stage.arrivals === undefined && warmed.sent !== undefined ? stage.expected(warmed.sent) : warmed.arrived;
  const arrived = arrivals.count() - (early ?? 0);
  const expected = verdict === undefined ? stage.expected(sent) : undefined;
  return expected === undefined ? { arrived } : countedFaults(arrived, expected);
}
