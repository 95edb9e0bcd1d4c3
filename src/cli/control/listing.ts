/**
 * One queued message as qmail-qread prints it (spec admin.md §1). Pure text.
 */
import type { QueuedMessage } from '../../actors/node-api.js';
import { dateAndTime } from '../../protocol/date.js';

/** Head line and a line a recipient, each with its line feed. */
export function listMessage({ head, bouncing, recipients }: QueuedMessage): string {
  const line = `${dateAndTime(head.birth)} GMT  #${head.id}  ${head.unixSize}  <${printable(head.sender)}> ${bouncing ? ' bouncing' : ''}\n`;
  const rows = recipients.map(({ address, routed, done }) => {
    return `${done ? '  done' : ''}\t${routed?.channel ?? 'todo'}\t${printable(routed?.address ?? address)}\n`;
  });
  const more = head.recipientCount - recipients.length;
  return line + rows.join('') + (more > 0 ? `\t... and ${more} more\n` : '');
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_');
}
