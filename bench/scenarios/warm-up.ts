/**
 * Mail before the clock starts: a server that has just been started compiles its code, fills its caches and starts its
 * processes, which is no part of what it does for the rest of the day. Every candidate gets the same. This mail counts for
 * no rate and no CPU time, but it is judged: nothing of it may be lost, doubled or altered.
 */
import type { Arrivals } from '../arrivals.js';
import { nowUs, type Sent, type SourceOrder } from '../load/load.js';
import type { RunningPeer } from '../peers/peer.js';
import { pause } from '../process/children.js';
import { awaitArrivals } from './await-arrivals.js';
import { type Cleanup, sourceOrder, subfolder, type Trial } from './trial.js';

/** Where mail goes, and how much of it has arrived when all has. */
export interface WarmStage {
  readonly running: RunningPeer;
  readonly arrivals: Arrivals | undefined;
  readonly expected: (sent: Sent) => number | undefined;
}

export interface Warmed {
  /** Undefined: there was none. */
  readonly sent: Sent | undefined;
  /** Arrivals of it. */
  readonly arrived: number;
}

/** Sends `warmup` messages and waits for them; rejects when some are refused or do not arrive in time. */
export async function warmUp(trial: Trial, stage: WarmStage, cleanup: Cleanup, extras: Partial<SourceOrder>): Promise<Warmed> {
  const { options, load, dir, progress } = trial;
  if (options.warmup === 0) return { sent: undefined, arrived: 0 };
  const order = { ...extras, dir: subfolder(dir, 'warm-up') };
  const source = await load.startSource(sourceOrder(trial, stage.running.port, options.warmup, order));
  cleanup.add(source.stop);
  const { sent, complete } = await awaitArrivals({
    sent: source.sent,
    arrivals: stage.arrivals,
    expected: stage.expected,
    deadlineUs: nowUs() + options.timeout * 1e6,
    progress: (text) => progress(`warm-up: ${text}`),
  });
  if (sent.refused > 0) throw new Error(`warm-up: ${sent.refused} of ${options.warmup} refused`);
  if (!complete) throw new Error('warm-up: not all arrived in time');
  await rest(trial, stage.running);
  return { sent, arrived: stage.arrivals?.count() ?? 0 };
}

/** Leaves a server alone for as long as it needs between mail and mail. */
export async function rest({ options, progress }: Trial, { restMs = 0 }: RunningPeer): Promise<void> {
  // Of mail that was delivered on the spot there is no hop to forget.
  if (restMs === 0 || options.scenario === 'local') return;
  progress(`it rests for ${restMs / 1000} s`);
  await pause(restMs);
}
