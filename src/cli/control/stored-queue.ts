/**
 * The queue listing while no server runs: the command opens the store itself.
 */
import type { QueuedPart, QueuePage } from '../../actors/node-api.js';
import { withStore } from '../queue/own-store.js';
import { queuedIds, storePage, wholeMessage } from './store-pages.js';

const pageSize = 200;

/** Reads the whole listing at once: the store is open, and the home locked, only meanwhile. */
export async function storedPages(home: string): Promise<(after: number) => Promise<QueuePage>> {
  const pages = await withStore(home, async (store) => {
    const queued = queuedIds(store);
    const found = new Map<number, QueuePage>();
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: QueuePage = storePage(store, queued, after, pageSize);
      found.set(after, page);
      after = page.next;
    }
    return found;
  });
  return async (after) => pages.get(after) ?? { messages: [], total: 0, todo: 0, next: undefined };
}

/** The export of `tqmail queue --export qmail`, message by message. */
export function storedExport(home: string, tell: (whole: QueuedPart) => void): Promise<void> {
  return withStore(home, async (store) => {
    for (let after = 0; ; ) {
      const [head] = store.list(after, 1);
      if (head === undefined) return;
      tell(wholeMessage(store, head));
      after = head.id;
    }
  });
}
