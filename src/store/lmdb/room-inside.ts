/**
 * Octets of the data file that no record takes: pages of removed messages, which LMDB uses again and never gives back to the disk.
 * A look costs half a millisecond and reads no record.
 */
import type { Layout } from './layout.js';

interface Pages {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}
interface RootPages extends Pages {
  readonly lastPageNumber: number;
  /** The list of free pages itself. */
  readonly free: Pages;
}

const pagesOf = (pages: Pages): number => pages.treeBranchPageCount + pages.treeLeafPageCount + pages.overflowPages;

/** `room` octets of a data file of `size` octets. */
export interface Inside {
  readonly room: number;
  readonly size: number;
}

export function roomInside({ root, ...databases }: Layout): Inside {
  const whole = root.getStats() as RootPages;
  let used = pagesOf(whole) + pagesOf(whole.free);
  for (const database of Object.values(databases)) used += pagesOf(database.getStats() as Pages);
  // Pages 0 and 1 say where everything is.
  const { lastPageNumber, pageSize } = whole;
  return { room: Math.max(0, lastPageNumber - 1 - used) * pageSize, size: (lastPageNumber + 1) * pageSize };
}
