/**
 * Makes the data file of a stopped queue as small as what stands in it: a compacted copy, checked like a queue, takes its
 * place with one rename. Whatever happens before that leaves the queue as it was. The caller holds the queue's lock.
 */
import { existsSync, mkdirSync, renameSync, rmSync, statfsSync, statSync, symlinkSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkQueue } from './check-queue.js';
import { open } from './lmdb/binding.js';
import { dataFile, lockFile } from './lmdb/layout.js';
import { markerFile, readMarker, writeMarker } from './lmdb/marker.js';
import { QueueUnusable } from './queue-unusable.js';

export interface Compacted {
  readonly messages: number;
  /** Octets of the data file. */
  readonly before: number;
  readonly after: number;
}

const copyFolder = 'compact';

/** Rejects with QueueUnusable when the queue is not sound, and with the system's error when the copy cannot be made. */
export async function compactQueue(dir: string): Promise<Compacted> {
  const { messages } = await sound(dir, 'compact only a sound queue: save its messages with "tqmail rescue"');
  const data = join(dir, dataFile);
  const before = statSync(data).size;
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < before) {
    throw new QueueUnusable('denied', `${dir}: the copy may need ${before} octets, the disk has ${bavail * bsize} free`);
  }
  const copy = join(dir, copyFolder);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { mode: 0o700 });
  try {
    const after = await copyOf(dir, copy);
    const checked = await sound(copy, 'the copy is not used');
    if (checked.messages !== messages) {
      throw new QueueUnusable('damaged', `the copy has ${checked.messages} messages instead of ${messages}; it is not used`);
    }
    await takePlace(dir, copy, after);
    return { messages, before, after };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function sound(dir: string, advice: string): Promise<{ readonly messages: number }> {
  const { findings, messages } = await checkQueue(dir);
  const [first] = findings;
  if (first !== undefined)
    throw new QueueUnusable('damaged', `${dir}: ${findings.length} faults, the first: ${first.text}; ${advice}`);
  return { messages };
}

/** Octets of the flushed copy, which looks like a queue of its own: it shares the body files. */
async function copyOf(dir: string, copy: string): Promise<number> {
  const root = open({ path: dir, readOnly: true, encoding: 'binary', cache: false, maxDbs: 16 });
  try {
    await root.backup(copy, true);
  } finally {
    await root.close();
  }
  const handle = await openFile(join(copy, dataFile), 'r+');
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const { size } = statSync(join(copy, dataFile));
  writeMarker(copy, { nonce: nonceOf(dir), size });
  if (existsSync(join(dir, 'body'))) symlinkSync(join(dir, 'body'), join(copy, 'body'));
  return size;
}

function nonceOf(dir: string): string {
  const marker = readMarker(dir);
  if (marker === undefined) throw new QueueUnusable('damaged', `${join(dir, markerFile)} is missing`);
  return marker.nonce;
}

/** The marker first: it may say less than there is, never more. */
async function takePlace(dir: string, copy: string, size: number): Promise<void> {
  writeMarker(dir, { nonce: nonceOf(dir), size });
  renameSync(join(copy, dataFile), join(dir, dataFile));
  // Its reader slots speak of the old file; nobody has it open.
  rmSync(join(dir, lockFile), { force: true });
  const folder = await openFile(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
