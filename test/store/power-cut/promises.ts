/**
 * Compares what a queue promised of numbered messages until a power cut with what it holds after it. Judges; cuts nothing.
 */
import { readFileSync } from 'node:fs';
import type { MessageId, QueueStore } from '../../../src/store/queue-store.js';
import type { Said } from './disk-record.js';
import { contentOf, type Promised, textOf } from './program.js';

type Promises = ReadonlyMap<Promised, ReadonlySet<number>>;

/** What was said until that place. */
export function promisesUntil(said: readonly Said[], place: number): Promises {
  const promises = new Map<Promised, Set<number>>();
  for (const { text, over } of said) {
    if (over > place) break;
    const [word = '', n = ''] = text.trim().split(' ');
    const known = promises.get(word as Promised);
    if (known === undefined) promises.set(word as Promised, new Set([Number(n)]));
    else known.add(Number(n));
  }
  return promises;
}

/** What the queue broke of them, in words; empty: nothing. */
export function broken(store: QueueStore, promises: Promises): string[] {
  const faults: string[] = [];
  const was = (word: Promised, n: number): boolean => promises.get(word)?.has(n) === true;
  const ids = new Map(store.list(0, 1e6).map(({ qp, id }) => [qp, id]));
  for (const n of promises.get('finished') ?? []) if (ids.has(n)) faults.push(`message ${n} is finished and back`);
  for (const n of promises.get('accepted') ?? []) {
    const id = ids.get(n);
    if (id === undefined) {
      if (!was('finishing', n)) faults.push(`message ${n} is lost`);
    } else if (was('marked', n) && !isMarked(store, id, n)) faults.push(`message ${n} lost a mark`);
    else if (was('preprocessed', n) && store.head(id)?.due?.remote !== 1_000 + n) faults.push(`message ${n} lost its time`);
  }
  // Whatever is served must be whole, promised or not.
  for (const [n, id] of ids) {
    const body = contentIn(store, id);
    if (body === undefined || !body.equals(contentOf(n))) faults.push(`message ${n} is damaged`);
  }
  for (const { id, text } of store.damages()) faults.push(`message with id ${id}: ${text}`);
  return faults;
}

function isMarked(store: QueueStore, id: MessageId, n: number): boolean {
  return store.bounceText(id) === textOf(n) && store.recipients(id, 0, 10)[1]?.done === true;
}

function contentIn(store: QueueStore, id: MessageId): Buffer | undefined {
  const body = store.read(id);
  if (body === undefined) return undefined;
  return 'file' in body ? readFileSync(store.bodyPath(body.file)) : Buffer.from(body.bytes);
}
