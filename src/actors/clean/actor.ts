/**
 * clean: has leftovers of interrupted programs swept, at the start and then as often as qmail-send does.
 * Finished messages need no cleaning: their removal is the transaction that ends them.
 */
import { type Actor, type ActorContext, isUnanswered } from '../kernel/actor.js';
import { type Cancel, secondsOf } from '../kernel/clock.js';

/** Seconds between looks for leftovers (spec queue.md §3.6). */
const sweepSeconds = 76_431;

export function createClean(context: ActorContext<'clean'>): Actor<'clean'> {
  const { peers, clock } = context;
  let cancel: Cancel | undefined;
  let sweeps = 0;
  const sweep = async (): Promise<void> => {
    const swept = await peers.queue.ask('sweep', secondsOf(clock));
    if (!isUnanswered(swept)) sweeps += 1;
  };
  const next = (): void => {
    void sweep();
    cancel = clock.after(sweepSeconds * 1000, next);
  };
  return {
    handlers: { sweep: () => void sweep() },
    start: next,
    stop: () => cancel?.(),
    counters: () => ({ 'clean.sweeps': sweeps }),
  };
}
