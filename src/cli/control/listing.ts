/**
 * One queued message as qmail-qread prints it (spec admin.md §1). Pure text.
 */
import type { QueuedMessage } from '../../actors/node-api.js';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** Head line and a line a recipient, each with its line feed. */
export function listMessage({ head, bouncing, recipients }: QueuedMessage): string {
  const line = `${date(head.birth)} GMT  #${head.id}  ${head.unixSize}  <${printable(head.sender)}> ${bouncing ? ' bouncing' : ''}\n`;
  const rows = recipients.map(({ address, routed, done }) => {
    return `${done ? '  done' : ''}\t${routed?.channel ?? 'todo'}\t${printable(routed?.address ?? address)}\n`;
  });
  const more = head.recipientCount - recipients.length;
  return line + rows.join('') + (more > 0 ? `\t... and ${more} more\n` : '');
}

function date(seconds: number): string {
  const at = new Date(seconds * 1000);
  const day = `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_');
}
