/**
 * What the store's tests share: messages to queue, folders of their own, queues on both stores.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import type { NewMessage, QueueStore } from '../../src/store/queue-store.js';

/** A queue under test. */
export interface Subject {
  readonly store: QueueStore;
  readonly dir: string;
  /** The same queue after a restart (in memory: the same store). */
  reopen(): Promise<QueueStore>;
}
export type MakeSubject = (t: TestContext) => Promise<Subject>;

/** A message to one recipient with `size` octets of body; `fields` replace what they name. */
export function message(fields: Partial<NewMessage> = {}, size = 100): NewMessage {
  return {
    origin: 'smtp',
    uid: 1000,
    qp: 4711,
    birth: 1_700_000_000,
    sender: 'sender@a.example',
    recipients: ['rcpt@b.example'],
    body: { form: 'wire', bytes: bodyOf(size, 7) },
    unixSize: size,
    ...fields,
  };
}

/** Octets that differ for every seed and place. */
export function bodyOf(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed * 17 + (at >> 8)) & 0xff);
}

export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `user${n}@d${n % 7}.example`);
}

/** A folder (mode 0700) that goes away with the test. */
export function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-store-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export const makeMemory: MakeSubject = async (t) => {
  const dir = folder(t);
  const store = new MemoryQueue({ dir });
  t.after(() => store.close());
  return { store, dir, reopen: async () => store };
};

export const makeLmdb: MakeSubject = async (t) => {
  const dir = folder(t);
  let store = await openLmdbQueue({ dir, create: true });
  t.after(() => store.close());
  const reopen = async (): Promise<QueueStore> => {
    await store.close();
    store = await openLmdbQueue({ dir });
    return store;
  };
  return { store, dir, reopen };
};
