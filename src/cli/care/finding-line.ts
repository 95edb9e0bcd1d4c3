/** One fault of the queue as a line. */
import type { Finding } from '../../store/check-queue.js';

export function findingLine({ kind, id, text }: Finding): string {
  return `FAULT queue: ${id === undefined ? '' : `message ${id}: `}${text} (${kind})\n`;
}
