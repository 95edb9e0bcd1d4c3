/**
 * A process that keeps numbered messages in a durable queue and says on standard output what it was promised, for a test that
 * records all its writes. Arguments: folder, messages, and `early` to make promises before the queue does.
 */
import { writeSync } from 'node:fs';
import { createBodyFile } from '../../../src/store/body-file.js';
import { openLmdbQueue } from '../../../src/store/lmdb/open.js';
import type { Body, MessageId, QueueStore } from '../../../src/store/queue-store.js';
import { addresses, bodyOf, message } from '../fixture.js';

/** What was promised of message n, each on a line of its own as `word n`. */
export type Promised = 'accepted' | 'marked' | 'preprocessed' | 'finishing' | 'finished';

/** Every fifteenth has its body in a file. */
export const inFile = (n: number): boolean => n % 15 === 14;
export const contentOf = (n: number): Uint8Array => bodyOf(inFile(n) ? 20_000 : 500 + ((n * 977) % 4_000), n);
export const textOf = (n: number): string => `text ${n}\n`;

/** One system call, so that it stands in the record where it was made. */
const say = (word: Promised, n: number): void => void writeSync(1, `${word} ${n}\n`);

async function bodyFor(dir: string, n: number): Promise<Body> {
  const content = contentOf(n);
  if (!inFile(n)) return { form: 'wire', bytes: content };
  const file = await createBodyFile(dir);
  await file.write(content);
  return { form: 'wire', file: file.name, ...(await file.close()) };
}

/** Accepts, then marks, preprocesses or finishes, by the number. */
async function live(store: QueueStore, dir: string, n: number, early: boolean): Promise<void> {
  const body = await bodyFor(dir, n);
  if (early) say('accepted', n);
  const id = await store.accept(message({ qp: n, recipients: addresses(3), body, unixSize: contentOf(n).length }));
  if (!early) say('accepted', n);
  if (n % 5 > 2) return finish(store, id, n);
  if (n % 5 === 0) return;
  const routed = addresses(3).map((address) => ({ channel: 'remote', address }) as const);
  await store.preprocess(id, routed, { remote: 1_000 + n });
  say('preprocessed', n);
  if (n % 5 === 1) return;
  await store.mark({ id, indexes: [1], bounceText: textOf(n) });
  say('marked', n);
}

async function finish(store: QueueStore, id: MessageId, n: number): Promise<void> {
  say('finishing', n);
  await store.finish(id);
  say('finished', n);
}

const [, program = '', dir = '', count = '0', mode = ''] = process.argv;
if (program.endsWith('program.js')) {
  const store = await openLmdbQueue({ dir, create: true, queuereserve: 0 });
  const lane = async (first: number): Promise<void> => {
    for (let n = first; n < Number(count); n += 3) await live(store, dir, n, mode === 'early');
  };
  await Promise.all([lane(0), lane(1), lane(2)]);
  // Without closing: the last moment is a cut like any other.
  process.exit(0);
}
