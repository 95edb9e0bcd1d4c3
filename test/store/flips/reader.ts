/**
 * A process that opens one stopped queue after another and says what it would serve of each: LMDB may end it on a damaged one.
 * Orders and answers travel over IPC.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openLmdbQueue } from '../../../src/store/lmdb/open.js';
import { type QueueStore, StoreError } from '../../../src/store/queue-store.js';
import { QueueUnusable } from '../../../src/store/queue-unusable.js';

/** Of one message, each part as text: what a delivery would be made of. */
export interface Served {
  readonly head: string;
  readonly body: string;
  readonly recipients: string;
  readonly bounce: string;
}

/** `refused`: it does not open, or says while it is read that it cannot be. */
export type Reading =
  | { readonly tag: 'read'; readonly messages: Readonly<Record<string, Served>>; readonly schedule: string }
  | { readonly tag: 'refused'; readonly text: string };

function bodyOf(store: QueueStore, id: number): string {
  const body = store.read(id);
  if (body === undefined) return 'none';
  const bytes = 'file' in body ? readFileSync(store.bodyPath(body.file)) : body.bytes;
  return `${body.form} ${createHash('sha256').update(bytes).digest('hex')}`;
}

function readAll(store: QueueStore): Reading {
  const messages: Record<string, Served> = {};
  const ids = store.list(0, 1e6).map(({ id }) => id);
  for (const id of ids) {
    const head = store.head(id);
    if (head === undefined) continue;
    const recipients = JSON.stringify(store.recipients(id, 0, 10_000));
    messages[id] = { head: JSON.stringify(head), body: bodyOf(store, id), recipients, bounce: store.bounceText(id) };
  }
  const due = (['local', 'remote'] as const).map((channel) => store.due(channel, Number.MAX_SAFE_INTEGER, 1e6));
  return { tag: 'read', messages, schedule: JSON.stringify([due, store.todo(0, 1e6).map(({ id }) => id)]) };
}

async function read(dir: string): Promise<Reading> {
  try {
    const store = await openLmdbQueue({ dir, queuereserve: 0 });
    const reading = readAll(store);
    await store.close();
    return reading;
  } catch (error) {
    if (error instanceof QueueUnusable || error instanceof StoreError) return { tag: 'refused', text: error.message };
    throw error;
  }
}

process.on('message', (dir: string) => void read(dir).then((reading) => process.send?.(reading)));
