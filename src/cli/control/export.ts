/**
 * `tqmail queue --export qmail`: each queued message as the texts that qmail's queue files would hold, a JSON object a
 * line. Bytes are written as code units 0 to 255. From the running node, or from the store while nobody runs.
 */
import type { QueuedPart } from '../../actors/node-api.js';
import { queueFileTexts } from '../../protocol/qmail-queue-files.js';
import type { MessageHead, RecipientRow } from '../../store/queue-store.js';
import { CommandTrouble } from '../complain.js';
import { askNode } from './client.js';

/** One message: number, birth and texts. */
export function exportLine(head: MessageHead, bounce: string, recipients: readonly RecipientRow[]): string {
  const { id, birth, uid, qp, sender, preprocessed } = head;
  return `${JSON.stringify({ id, birth, ...queueFileTexts({ uid, qp, sender, bounce, preprocessed, recipients }) })}\n`;
}

export async function exportQueue(home: string, write: (line: string) => void): Promise<void> {
  if ((await askNode(home, { verb: 'status' })) === undefined) await (await import('./stored-queue.js')).storedExport(home, write);
  else await runningExport(home, write);
}

async function runningExport(home: string, write: (line: string) => void): Promise<void> {
  for (let after = 0; ; ) {
    const first = await part(home, after, 0);
    if (first === undefined) return;
    const { head, bounce } = first;
    const recipients = [...first.recipients];
    while (recipients.length < head.recipientCount) {
      const more = await part(home, after, recipients.length);
      if (more === undefined || more.head.id !== head.id || more.recipients.length === 0) break;
      recipients.push(...more.recipients);
    }
    write(exportLine(head, bounce, recipients));
    after = head.id;
  }
}

async function part(home: string, after: number, from: number): Promise<QueuedPart | undefined> {
  const answer = await askNode(home, { verb: 'export', after, from });
  if (answer?.tag === 'done') return (answer.value as QueuedPart | null) ?? undefined;
  throw new CommandTrouble(111, `queue: ${answer?.text ?? 'the server stopped meanwhile'}`);
}
