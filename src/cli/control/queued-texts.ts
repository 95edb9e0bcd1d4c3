/**
 * The queue for qmail-qread and qmail-qstat, from the running node or from the store. Trouble ends the command.
 */
import type { ByteString } from '../../protocol/mail.js';
import { queueFileTexts } from '../../protocol/qmail-queue-files.js';
import type { ReadMessage } from '../../protocol/qread.js';
import type { Call } from '../call.js';
import { CommandTrouble } from '../complain.js';
import { Fatal, temporary } from '../fatal.js';
import { Output } from '../output.js';

/** Writes what `text` makes of each message, as the texts of its queue files, to descriptor 1. */
export async function writeMessages(call: Call, text: (message: ReadMessage) => ByteString): Promise<void> {
  const { eachQueued } = await import('./export.js');
  await orTrouble(async () => {
    let output: Output | undefined;
    await eachQueued(call.home, ({ head, seen, bounce, recipients }, route, served) => {
      // Without a server the queue is locked while it is read: nobody who looks at a pager may hold that up.
      output ??= new Output(call.descriptor(1), 'standard output', !served);
      const { id, birth, uid, qp, sender, preprocessed, unixSize } = head;
      const texts = queueFileTexts({ uid, qp, sender, bounce, preprocessed, recipients }, seen ? route : undefined);
      output.write(text({ id, birth, size: unixSize, texts }));
    });
    output?.flush();
  });
}

/** How many messages there are, and how many of them are not preprocessed. */
export async function queueCounts(call: Call): Promise<{ readonly total: number; readonly todo: number }> {
  const { eachPage } = await import('./queue.js');
  let counts = { total: 0, todo: 0 };
  await orTrouble(() =>
    eachPage(call.home, ({ total, todo }) => {
      counts = { total, todo };
      return false;
    }),
  );
  return counts;
}

async function orTrouble<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof CommandTrouble)) throw error;
    throw new Fatal(temporary, Buffer.from(error.message, 'utf8').toString('latin1'));
  }
}
