/** The queue of a stopped server for the commands that look after it: locked, and as its owner. */
import { CommandTrouble } from '../complain.js';
import { QueueLocked, withQueueLocked } from '../queue/own-store.js';

/** Meanwhile root acts as the owner of queue/. Throws CommandTrouble 111. */
export async function lockedQueue<T>(home: string, body: (dir: string) => Promise<T>): Promise<T> {
  try {
    return await withQueueLocked(home, body);
  } catch (error) {
    if (error instanceof QueueLocked) throw new CommandTrouble(111, `${error.message}; stop it first: tqmail stop`);
    throw error instanceof CommandTrouble ? new CommandTrouble(111, error.message) : error;
  }
}
