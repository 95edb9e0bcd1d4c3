/**
 * One queued message as qmail-qread prints it (spec admin.md §1). Text; reads the clock to tell who is held.
 */
import type { QueuedMessage } from '../../actors/node-api.js';
import { dateAndTime } from '../../protocol/date.js';
import { isHeld } from '../../protocol/queue-choice.js';

/** Head line and a line a recipient, each with its line feed. */
export function listMessage({ head, bouncing, recipients }: QueuedMessage): string {
  const state = `${bouncing ? ' bouncing' : ''}${isHeld(head.due, Date.now() / 1000) ? ' held' : ''}`;
  const line = `${dateAndTime(head.birth)} GMT  #${head.id}  ${head.unixSize}  <${printable(head.sender)}> ${state}\n`;
  const rows = recipients.map(({ address, routed, done }) => {
    return `${done ? '  done' : ''}\t${routed?.channel ?? 'todo'}\t${printable(routed?.address ?? address)}\n`;
  });
  const more = head.recipientCount - recipients.length;
  return line + rows.join('') + (more > 0 ? `\t... and ${more} more\n` : '');
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_');
}
