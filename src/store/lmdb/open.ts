/**
 * Opens the durable queue of a folder, or creates it. Everything that can be wrong with the
 * folder is said in one line (QueueUnusable) before LMDB touches a file.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import type { AdoptingStore } from '../adopting-store.js';
import { syncFolder } from '../folder-sync.js';
import { QueueUnusable, reasonOf } from '../queue-unusable.js';
import { ballastFile } from './ballast.js';
import { open } from './binding.js';
import { createFacts, type Facts, readFacts } from './facts.js';
import { dataFile, type Layout, lockFile, openLayout } from './layout.js';
import { createMarker, MarkerWriter, markerFile } from './marker.js';
import { checkData, checkFolder } from './preflight.js';
import { LmdbQueue } from './queue.js';
import { roomInside } from './room-inside.js';
import { Space } from './space.js';

export interface LmdbQueueOptions {
  /** The queue folder; it must exist with mode 0700, unless `create` is set. */
  readonly dir: string;
  /** Makes the folder and an empty queue when there is none. Default: false. */
  readonly create?: boolean;
  /** Most octets of records and bodies (control/queuebytes); 0 or absent = only the disk limits it. */
  readonly queuebytes?: number;
  /** Octets that stay free on the disk (control/queuereserve). Default: 8 MiB. */
  readonly queuereserve?: number;
}

/** Address space for the map; it costs no memory and no disk, and a larger file makes LMDB map anew. */
const mapSize = 2 ** 36;
const defaultReserve = 8 * 1_048_576;

/** Rejects with QueueUnusable. One thread of one process may have a queue open; the caller holds the lock. */
export async function openLmdbQueue(options: LmdbQueueOptions): Promise<AdoptingStore> {
  const { dir, create = false, queuebytes = 0, queuereserve = defaultReserve } = options;
  if (create && !existsSync(dir)) makeFolder(dir);
  checkFolder(dir);
  const { nonce, isNew } = claim(dir, create);
  const { layout, facts } = await openData(dir, nonce);
  ownAsFolder(dir);
  // LMDB flushes what is in its file, not the name of it.
  if (isNew) await syncFolder(Buffer.from(dir).toString('latin1'));
  const marker = MarkerWriter.open(dir, { nonce, size: 0 });
  const size = statSync(join(dir, dataFile)).size;
  marker.grown(size, 0);
  const [messages, preprocessed, used] = figures(layout);
  const space = new Space(dir, { reserve: queuereserve, cap: queuebytes }, used, { inside: () => roomInside(layout) });
  await space.lookNow();
  return new LmdbQueue({ dir, layout, facts, marker, space, count: messages, preprocessed });
}

/** The nonce of the queue in `dir`; a new queue gets its marker here, before any data. `isNew` too when that was cut off. */
function claim(dir: string, create: boolean): { readonly nonce: string; readonly isNew: boolean } {
  const found = checkData(dir);
  if (found.state !== 'none') return { nonce: found.marker.nonce, isNew: found.state === 'half' };
  if (!create) throw new QueueUnusable('missing', `no queue in ${dir}: create it with "tqmail init"`);
  const nonce = randomBytes(8).toString('hex');
  createMarker(dir, nonce);
  mkdirSync(join(dir, 'body'), { mode: 0o700, recursive: true });
  return { nonce, isNew: true };
}

async function openData(dir: string, nonce: string): Promise<{ readonly layout: Layout; readonly facts: Facts }> {
  const path = join(dir, dataFile);
  try {
    const root = openRoot(dir);
    // Slots of readers that were killed would pin their pages for ever.
    root.readerCheck();
    const layout = openLayout(root);
    let facts = readFacts(layout, nonce, path);
    if (facts === undefined) {
      await createFacts(layout, nonce);
      facts = readFacts(layout, nonce, path);
    }
    if (facts === undefined) throw new QueueUnusable('damaged', `${path}: the queue's own facts cannot be read back`);
    return { layout, facts };
  } catch (error) {
    if (error instanceof QueueUnusable) throw error;
    throw new QueueUnusable('damaged', `cannot open ${path}: ${reasonOf(error)}`);
  }
}

function openRoot(dir: string): RootDatabase<Buffer, string> {
  return open({
    path: dir,
    // Without it an acknowledged record can be lost in a power cut, and a failed flush is not told.
    overlappingSync: false,
    eventTurnBatching: false,
    encoding: 'binary',
    cache: false,
    maxDbs: 16,
    mapSize,
  });
}

/** Messages, preprocessed ones, and octets of pages and bodies in use. */
function figures({ mess, info, rcpt, routed, file }: Layout): [messages: number, preprocessed: number, used: number] {
  let used = 0;
  for (const db of [mess, rcpt, routed]) {
    const stats = db.getStats() as Record<'pageSize' | 'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages', number>;
    used += (stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages) * stats.pageSize;
  }
  for (const { value } of file.getRange()) used += value.readDoubleLE(20);
  return [entries(mess), entries(info), used];
}

function entries(db: { getStats(): unknown }): number {
  return (db.getStats() as { readonly entryCount: number }).entryCount;
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700, recursive: true });
    chmodSync(dir, 0o700);
  } catch (error) {
    throw new QueueUnusable('denied', `cannot create queue folder ${dir}: ${reasonOf(error)}`);
  }
}

/** Files made by root in another user's queue must stay usable for that user. */
function ownAsFolder(dir: string): void {
  const { uid, gid } = statSync(dir);
  for (const name of [dataFile, lockFile, markerFile, ballastFile, 'body']) {
    const path = join(dir, name);
    if (!existsSync(path)) continue;
    if (name !== 'body') chmodSync(path, 0o600);
    if (process.geteuid?.() === 0 && uid !== 0) chownSync(path, uid, gid);
  }
}
