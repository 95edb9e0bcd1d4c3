/**
 * Facts about the queue as a whole, in the database `meta`: format, nonce, the next free id, the floor
 * of the todo scan and how far send has looked. Each is a sealed text.
 */
import type { Looked } from '../queue-store.js';
import { QueueUnusable } from '../queue-unusable.js';
import { formatVersion, type Layout, peek } from './layout.js';
import { otherFormat } from './other-format.js';
import { isSealed } from './seal.js';
import { decodeText, encodeText } from './state-records.js';

export type FactName = 'format' | 'nonce' | 'next' | 'todo' | 'looked';

export interface Facts {
  readonly nonce: string;
  /** No id from here on was ever given to a message. */
  readonly next: number;
  /** No message below it is to be preprocessed. */
  readonly todo: number;
}

/** First id of a new queue; smaller ones are never used. */
const firstId = 2;

export function factRecord(value: string | number): Buffer {
  return encodeText('meta', 0, 0, String(value));
}

/** Writes the facts of a new queue in one transaction. */
export async function createFacts({ meta, root }: Layout, nonce: string): Promise<void> {
  await root.batch(() => {
    const facts = { format: formatVersion, nonce, next: firstId, todo: firstId };
    for (const [name, value] of Object.entries(facts)) meta.put(name, factRecord(value));
  });
}

/** The facts, or undefined when none was ever written. Throws QueueUnusable on another format, queue, or damage. */
export function readFacts(layout: Layout, nonce: string, path: string): Facts | undefined {
  const format = fact(layout, 'format', path);
  if (format === undefined) return undefined;
  if (format !== formatVersion) throw otherFormat(path, format);
  const found = fact(layout, 'nonce', path);
  if (found !== nonce)
    throw new QueueUnusable('damaged', `${path} and its marker belong to different queues (${found}, ${nonce})`);
  const next = Number(fact(layout, 'next', path));
  const todo = Number(fact(layout, 'todo', path));
  if (!(next >= firstId && todo >= firstId))
    throw new QueueUnusable('damaged', `${path}: the record of the next message number is missing`);
  return { nonce, next, todo };
}

export function lookedRecord({ local, remote, routing }: Looked): Buffer {
  return factRecord(`${local} ${remote} ${routing}`);
}

/** Undefined when it was never written or is damaged: whoever asks begins anew then. */
export function readLooked({ meta }: Layout): Looked | undefined {
  const record = peek(meta, 'looked');
  if (record === undefined || !isSealed(record, 'meta', 0, 0)) return undefined;
  const words = /^(\d+) (\d+) (\S+)$/.exec(decodeText(record));
  return words === null ? undefined : { local: Number(words[1]), remote: Number(words[2]), routing: words[3] as string };
}

function fact(layout: Layout, name: FactName, path: string): string | undefined {
  const record = peek(layout.meta, name);
  if (record === undefined) return undefined;
  if (!isSealed(record, 'meta', 0, 0)) throw new QueueUnusable('damaged', `${path}: meta record "${name}" fails its checksum`);
  return decodeText(record);
}

const adoptedPrefix = 'adopted ';

/** Key of the record that a message was taken over from another queue. */
export function adoptedKey(key: string): string {
  return adoptedPrefix + key;
}

/** The id under which it was; undefined when it was not. A damaged record still says that it was. */
export function readAdopted({ meta }: Layout, key: string): number | undefined {
  const record = peek(meta, adoptedKey(key));
  if (record === undefined) return undefined;
  return isSealed(record, 'meta', 0, 0) ? Number(decodeText(record)) : 0;
}

/** All keys of such records. */
export function adoptedKeys({ meta }: Layout): readonly string[] {
  return Array.from(meta.getKeys({ start: adoptedPrefix, end: `${adoptedPrefix}\x7f` }));
}
