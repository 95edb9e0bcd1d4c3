/**
 * What the cases of queue-conformance.ts share.
 */
import type { DueEntry, MessageId, QueueStore } from '../../src/store/queue-store.js';
import { message, type Subject } from './fixture.js';

type Case = (subject: Subject) => Promise<void>;

export const remote = (address: string) => ({ channel: 'remote', address }) as const;
/** Both channels' schedules as one list: by time, then id, then local before remote. */
export function dueOf(store: QueueStore, now: number, limit: number): DueEntry[] {
  const both = [...store.due('local', now, limit), ...store.due('remote', now, limit)];
  return both.sort((a, b) => a.due - b.due || a.id - b.id || (a.channel < b.channel ? -1 : 1)).slice(0, limit);
}
export const nextOf = (store: QueueStore): DueEntry | undefined =>
  [store.nextDue('local'), store.nextDue('remote')].filter((entry) => entry !== undefined).sort((a, b) => a.due - b.due)[0];

export const keysOf = (entries: readonly DueEntry[]): string[] =>
  entries.map(({ due, id, channel }) => `${due} ${id} ${channel}`);

/** Accepts and preprocesses a message for `recipients` at remote. */
export async function preprocessed(
  store: QueueStore,
  due: { local?: number; remote?: number },
  recipients = ['a@b.example'],
): Promise<MessageId> {
  const id = await store.accept(message({ recipients }));
  await store.preprocess(id, recipients.map(remote), due);
  return id;
}

/** The queue as it is, then after a restart. */
export async function* twice({ store, reopen }: Subject): AsyncGenerator<QueueStore> {
  yield store;
  yield await reopen();
}

export type Cases = Readonly<Record<string, Case>>;
