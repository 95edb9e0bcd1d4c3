/**
 * What is said of a queue that another version of tqmail wrote: it is left as it is, and this is what to do.
 */
import { QueueUnusable } from '../queue-unusable.js';
import { formatVersion } from './layout.js';

/** `found` is the format that stands in `path`. */
export function otherFormat(path: string, found: string): QueueUnusable {
  const isNewer = Number(found) > Number(formatVersion);
  return new QueueUnusable(
    'format',
    `${path}: queue format ${found}, this version of tqmail reads format ${formatVersion} only; nothing was changed: start the ` +
      `${isNewer ? 'newer' : 'other'} version that wrote it again, have it deliver what is queued, and change over with an empty queue`,
  );
}
