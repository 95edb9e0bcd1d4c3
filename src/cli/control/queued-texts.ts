/**
 * The queue for qmail-qread and qmail-qstat, from the running node or from the store. Trouble ends the command.
 */
import { queueFileTexts } from '../../protocol/qmail-queue-files.js';
import type { ReadMessage } from '../../protocol/qread.js';
import type { Call } from '../call.js';
import { CommandTrouble } from '../complain.js';
import { Fatal } from '../fatal.js';

/** Each message as the texts of its queue files. */
export async function eachMessage(call: Call, tell: (message: ReadMessage) => void): Promise<void> {
  const { eachQueued } = await import('./export.js');
  await orTrouble(() =>
    eachQueued(call.home, ({ head, seen, bounce, recipients }, route) => {
      const { id, birth, uid, qp, sender, preprocessed, unixSize } = head;
      const texts = queueFileTexts({ uid, qp, sender, bounce, preprocessed, recipients }, seen ? route : undefined);
      tell({ id, birth, size: unixSize, texts });
    }),
  );
}

/** How many messages there are, and how many of them are not preprocessed. */
export async function queueCounts(call: Call): Promise<{ readonly total: number; readonly todo: number }> {
  const { pageReader } = await import('./queue.js');
  return orTrouble(async () => (await pageReader(call.home))(0));
}

async function orTrouble<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof CommandTrouble)) throw error;
    throw new Fatal(error.exitCode, Buffer.from(error.message, 'utf8').toString('latin1'));
  }
}
