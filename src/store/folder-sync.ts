/**
 * Makes names in a folder durable (fsync of the folder), shared by all who ask at the same time:
 * who asks while a flush is under way gets the next one, since the present one may have begun
 * before the name was there.
 */
import { close, fsync, open } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteString } from '../protocol/mail.js';
import { octetPath } from './octet-path.js';

const openFile = promisify(open);
const flush = promisify(fsync);
const closeFile = promisify(close);

interface Flushes {
  current: Promise<void>;
  next: Promise<void> | undefined;
}
/** Folders with a flush under way; as many as there are deliveries at most. */
const running = new Map<ByteString, Flushes>();

async function flushFolder(folder: ByteString): Promise<void> {
  const fd = await openFile(octetPath(folder), 'r');
  try {
    await flush(fd);
  } finally {
    await closeFile(fd);
  }
}

function start(folder: ByteString): Promise<void> {
  const flushes: Flushes = { current: flushFolder(folder), next: undefined };
  running.set(folder, flushes);
  const over = (): void => {
    if (flushes.next === undefined) running.delete(folder);
  };
  flushes.current.then(over, over);
  return flushes.current;
}

/** Resolves when every name now in the folder is on disk. Rejects with the system's error. */
export function syncFolder(folder: ByteString): Promise<void> {
  const flushes = running.get(folder);
  if (flushes === undefined) return start(folder);
  if (flushes.next === undefined) {
    const again = (): Promise<void> => start(folder);
    flushes.next = flushes.current.then(again, again);
  }
  return flushes.next;
}
