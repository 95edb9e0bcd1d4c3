/** The queue of a stopped server for the commands that look after it: locked, and as its owner. */
import { CommandTrouble } from '../complain.js';
import { type Progress, progressLine } from '../progress.js';
import { QueueLocked, withQueueLocked } from '../queue/own-store.js';

/** Meanwhile root acts as the owner of queue/, and a terminal is told of `work`. Throws CommandTrouble 111. */
export async function lockedQueue<T>(
  home: string,
  work: string,
  body: (dir: string, progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = progressLine(work);
  try {
    return await withQueueLocked(home, (dir) => body(dir, progress));
  } catch (error) {
    if (error instanceof QueueLocked) throw new CommandTrouble(111, `${error.message}; stop it first: tqmail stop`);
    throw error instanceof CommandTrouble ? new CommandTrouble(111, error.message) : error;
  } finally {
    progress.clear();
  }
}
