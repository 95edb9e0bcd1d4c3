/**
 * The process that walks a queue for check-queue.ts: it may be ended by LMDB on a damaged file.
 * Arguments: folder, first id to look at, how many messages between two reports, messages or strays, and where to save
 * sound messages (or nothing). Reports over IPC.
 * Reads only; it writes no record.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { open } from '../lmdb/binding.js';
import { readFacts } from '../lmdb/facts.js';
import { dataFile, type Layout, openLayout, peek } from '../lmdb/layout.js';
import { decodeText } from '../lmdb/state-records.js';
import { reasonOf } from '../queue-unusable.js';
import type { Finding } from './finding.js';
import { checkMessage } from './message-check.js';
import { rescueMessage } from './rescued-message.js';
import { strayRecords } from './stray-check.js';

/** What the walking process tells: `at` is the message it looks at next, `done` comes last. */
export type WalkReport =
  | { readonly tell: 'finding'; readonly finding: Finding }
  | { readonly tell: 'at'; readonly id: number; readonly messages: number }
  | { readonly tell: 'rescued' }
  | { readonly tell: 'strays' }
  | { readonly tell: 'failed'; readonly text: string }
  | { readonly tell: 'done'; readonly messages: number };

/** Sends one report and waits until it left, so that a crash right after it cannot swallow it. */
function tell(report: WalkReport): Promise<void> {
  return new Promise((resolve) => process.send?.(report, undefined, undefined, () => resolve()));
}

const found = (finding: Finding): Promise<void> => tell({ tell: 'finding', finding });

async function walkMessages(layout: Layout, dir: string, first: number, every: number, into: string): Promise<number> {
  const next = nextId(layout);
  let messages = 0;
  for (let from = first, more = true; more; ) {
    await tell({ tell: 'at', id: from, messages });
    const ids = [...layout.mess.getKeys({ start: from, limit: every })];
    for (const id of ids) {
      for (const finding of await checkMessage(layout, dir, id, next)) await found(finding);
      // A walk that is started again comes by messages that it has saved before.
      if (into !== '' && !existsSync(join(into, `${id}.envelope`)) && (await rescueMessage(layout, dir, id, into)))
        await tell({ tell: 'rescued' });
    }
    messages += ids.length;
    more = ids.length === every;
    from = (ids.at(-1) ?? from) + 1;
  }
  return messages;
}

function nextId(layout: Layout): number {
  const record = peek(layout.meta, 'next');
  return record === undefined ? Number.POSITIVE_INFINITY : Number(decodeText(record));
}

function openReadOnly(dir: string): Layout {
  const root = open({ path: dir, readOnly: true, encoding: 'binary', cache: false, maxDbs: 16 }) as RootDatabase<Buffer, string>;
  const layout = openLayout(root);
  if (layout.mess === undefined || layout.meta === undefined)
    throw new Error(`${join(dir, dataFile)} has none of the queue's databases`);
  const nonce = peek(layout.meta, 'nonce');
  readFacts(layout, nonce === undefined ? '' : decodeText(nonce), join(dir, dataFile));
  return layout;
}

async function main([dir = '', first = '0', every = '256', phase = 'messages', into = '']: readonly string[]): Promise<void> {
  let layout: Layout;
  try {
    layout = openReadOnly(dir);
  } catch (error) {
    await found({ kind: 'unusable', text: reasonOf(error) });
    return tell({ tell: 'done', messages: 0 });
  }
  try {
    const messages = phase === 'messages' ? await walkMessages(layout, dir, Number(first), Number(every), into) : 0;
    await tell({ tell: 'strays' });
    for (const finding of strayRecords(layout)) await found(finding);
    await tell({ tell: 'done', messages });
  } catch (error) {
    // LMDB noticed the damage itself: the same as a crash, with a reason.
    await tell({ tell: 'failed', text: reasonOf(error) });
  }
}

await main(process.argv.slice(2));
process.disconnect();
