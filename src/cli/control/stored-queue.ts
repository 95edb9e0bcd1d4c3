/**
 * The queue while no server runs: the command opens the store itself. The home is locked meanwhile, so nothing here may
 * wait for a reader of what is printed.
 */
import type { QueuedPart, QueuePage } from '../../actors/node-api.js';
import { queuePage } from '../../actors/queue/page.js';
import type { AdoptingStore } from '../../store/adopting-store.js';
import { CommandTrouble } from '../complain.js';
import { QueueLocked, withStore } from '../queue/own-store.js';
import { wholeMessage } from './store-pages.js';

const batch = 200;

/** Exit codes of qmail-queue mean nothing here. */
async function readable(home: string, body: (store: AdoptingStore) => Promise<void>): Promise<void> {
  try {
    await withStore(home, body);
  } catch (error) {
    if (!(error instanceof CommandTrouble) || error instanceof QueueLocked) throw error;
    throw new CommandTrouble(111, `${error.message} (no server runs; the home is ${home}, --home DIR names another)`);
  }
}

/** Calls `tell` with page after page, while it answers true. */
export function storedPages(home: string, tell: (page: QueuePage) => boolean): Promise<void> {
  return readable(home, async (store) => {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: QueuePage = queuePage(store, after, batch);
      if (!tell(page)) return;
      after = page.next;
    }
  });
}

/** Calls `tell` with message after message. */
export function storedExport(home: string, tell: (whole: QueuedPart) => void): Promise<void> {
  return readable(home, async (store) => {
    for (let after = 0; ; ) {
      const heads = store.list(after, batch);
      for (const head of heads) tell(wholeMessage(store, head));
      const last = heads.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  });
}
