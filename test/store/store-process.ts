/**
 * A process of its own that holds a durable queue, for tests that kill it, slow its flushes or
 * fail them. Arguments: folder. Orders and reports travel over IPC.
 */
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { type QueueStore, StoreError } from '../../src/store/queue-store.js';
import { addresses, bodyOf, message } from './fixture.js';

export type Order =
  | { readonly order: 'accept'; readonly n: number }
  | { readonly order: 'finish'; readonly id: number }
  | { readonly order: 'load'; readonly lanes: number }
  | { readonly order: 'ping' }
  | { readonly order: 'trouble' }
  | { readonly order: 'close' };

export type Report =
  | { readonly report: 'open' | 'pong' | 'closed' }
  | { readonly report: 'accepted'; readonly n: number; readonly id: number; readonly ms: number }
  | { readonly report: 'refused'; readonly why: string; readonly text: string }
  | { readonly report: 'trouble'; readonly why: string | undefined }
  | { readonly report: 'marked' | 'preprocessed' | 'finishing' | 'finished'; readonly id: number };

/** Message number n: three recipients, 3,000 octets that only n has. */
export const numbered = (n: number) =>
  message({ qp: n, recipients: addresses(3), body: { form: 'wire', bytes: bodyOf(3000, n) } });

const tell = (report: Report): Promise<void> =>
  new Promise((resolve) => process.send?.(report, undefined, undefined, () => resolve()));

async function accept(store: QueueStore, n: number): Promise<void> {
  const start = performance.now();
  try {
    const id = await store.accept(numbered(n));
    await tell({ report: 'accepted', n, id, ms: performance.now() - start });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    await tell({ report: 'refused', why: error.trouble.why, text: error.trouble.text });
  }
}

/** Accepts for ever; every third message is marked, finished or preprocessed. Tells before and after what cannot be undone. */
async function lane(store: QueueStore, first: number, step: number): Promise<void> {
  for (let n = first; ; n += step) {
    const id = await store.accept(numbered(n));
    await tell({ report: 'accepted', n, id, ms: 0 });
    if (n % 3 === 0) {
      await store.mark({ id, indexes: [0, 2], bounceText: `text ${n}` });
      await tell({ report: 'marked', id });
    } else if (n % 3 === 1) {
      await tell({ report: 'finishing', id });
      await store.finish(id);
      await tell({ report: 'finished', id });
    } else {
      const routed = addresses(3).map((address) => ({ channel: 'remote', address }) as const);
      await store.preprocess(id, routed, { remote: n });
      await tell({ report: 'preprocessed', id });
    }
  }
}

async function obey(store: QueueStore, order: Order): Promise<void> {
  if (order.order === 'accept') return accept(store, order.n);
  if (order.order === 'ping') return tell({ report: 'pong' });
  if (order.order === 'trouble') return tell({ report: 'trouble', why: store.trouble()?.why });
  if (order.order === 'finish') {
    await store.finish(order.id);
    return tell({ report: 'finished', id: order.id });
  }
  if (order.order === 'load') {
    await Promise.all(Array.from({ length: order.lanes }, (_, n) => lane(store, n, order.lanes)));
    return undefined;
  }
  await store.close();
  await tell({ report: 'closed' });
  process.disconnect();
  return undefined;
}

if (process.send !== undefined) {
  const store = await openLmdbQueue({ dir: process.argv[2] ?? '', create: true, queuereserve: Number(process.argv[3] ?? 0) });
  process.on('message', (order: Order) => void obey(store, order));
  await tell({ report: 'open' });
}
