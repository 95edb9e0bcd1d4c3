/**
 * Which of the inherited descriptors a thread that listens gets, and what follows when it ends: its descriptors are closed
 * with it, so the next one needs a new set, and the sets are few. Pure decisions; opens and closes nothing.
 */
import { decideRestart } from './kernel/restart.js';

export type FrontRestart =
  /** Start it again after so many milliseconds, on the sockets of that set. */
  | { readonly tag: 'again'; readonly afterMs: number; readonly set: number }
  /** The node must end; its parent holds the sockets and gives the next node new descriptors. */
  | { readonly tag: 'end'; readonly why: string };

export class InheritedSockets {
  readonly #sets: number;
  #next = 0;

  /** A set is one descriptor of each listener; without listeners there is nothing to run out of. */
  constructor(listeners: readonly { readonly fds: readonly number[] }[]) {
    this.#sets = listeners.reduce((least, { fds }) => Math.min(least, fds.length), Number.POSITIVE_INFINITY);
  }

  /** The next unused set, counted from 0; undefined when all are used up. */
  take(): number | undefined {
    return this.#next < this.#sets ? this.#next++ : undefined;
  }

  /** After a thread that listened ended: `failures` are the times of all its ends, ascending, milliseconds. */
  afterEnd(failures: readonly number[]): FrontRestart {
    const decision = decideRestart(failures);
    if (!decision.restart) return { tag: 'end', why: 'keeps failing' };
    const set = this.take();
    if (set === undefined) return { tag: 'end', why: 'ended, and no inherited sockets are left for another' };
    return { tag: 'again', afterMs: decision.afterMs, set };
  }
}
