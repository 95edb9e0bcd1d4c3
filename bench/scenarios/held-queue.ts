/**
 * What `drain` and `storm` begin with: a server that has forwarded mail before, so that what it does once is done, and then
 * has taken a queue of mail that it may not forward yet.
 */
import { type Arrivals, sinkArrivals } from '../arrivals.js';
import type { Sent, SinkRun } from '../load/load.js';
import { heldSender, type RunningPeer } from '../peers/peer.js';
import { type Cleanup, sendAll, subfolder, type Trial } from './trial.js';
import { type Warmed, warmUp } from './warm-up.js';

export interface HeldQueue {
  readonly running: RunningPeer;
  readonly sink: SinkRun;
  readonly arrivals: Arrivals;
  readonly warmed: Warmed;
  /** The mail of the warm-up, if there was any. */
  readonly early: readonly Sent[];
  readonly held: Sent;
}

export async function fillHeldQueue(trial: Trial, cleanup: Cleanup): Promise<HeldQueue> {
  const { options, peer, load } = trial;
  const sink = await load.startSink(subfolder(trial.dir, 'sink'));
  cleanup.add(sink.stop);
  const dir = subfolder(trial.dir, 'server');
  const running = await peer.start({ options, kind: 'drain', sinkPort: sink.port, sinkPid: sink.pid, dir });
  cleanup.add(running.stop);
  if (running.hold === undefined || running.release === undefined) throw new Error('this server cannot let held mail go');
  const arrivals = sinkArrivals(sink);
  const perMessage = sink.countsRecipients ? options.rcpts : (peer.transactions(options) ?? 1);
  const expected = ({ accepted }: Sent): number => (accepted / options.rcpts) * perMessage;
  const warmed = await warmUp(trial, { running, arrivals, expected }, cleanup, {});
  await running.hold();
  const held = await sendAll(trial, running.port, options.n, cleanup, { sender: heldSender });
  return { running, sink, arrivals, warmed, early: warmed.sent === undefined ? [] : [warmed.sent], held };
}
