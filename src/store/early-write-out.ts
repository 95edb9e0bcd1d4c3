/**
 * Writes a new file in such a way that the file system begins to put it on the disk at once, and not when it is flushed.
 * Files that are flushed together then have their blocks already, and one journal commit is enough for all of them; else
 * the first flush commits before the others have theirs. Flushes nothing itself.
 *
 * ext4 and XFS write a file out when it was emptied and is closed (so that programs which replace a file that way do not lose
 * it). So it is opened once more, emptied and closed, while its first descriptor stays open and learns of every failure.
 */
import { closeSync, constants, openSync, statfsSync, writeSync } from 'node:fs';
import type { ByteString } from '../protocol/mail.js';
import { octetPath } from './octet-path.js';
import { OnceATurn } from './once-a-turn.js';

/** The f_type of ext2 to ext4, and of XFS (statfs(2)). Elsewhere a close may wait for the disk, on NFS it does. */
const beginning: ReadonlySet<number> = new Set([0xef53, 0x58465342]);
const again = constants.O_WRONLY | constants.O_TRUNC;

const turn = new OnceATurn();
let lastFolder: ByteString | undefined;
let lastAnswer = false;

function beginsAtClose(folder: ByteString): boolean {
  if (!turn.due && folder === lastFolder) return lastAnswer;
  lastFolder = folder;
  lastAnswer = beginning.has(statfsSync(octetPath(folder)).type);
  return lastAnswer;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

/** Another descriptor of the same file, whatever its name has become meanwhile; undefined where /proc is missing. */
function openAgain(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, again);
  } catch {
    return undefined;
  }
}

/** Writes all `bytes` into a new, empty file of `folder`, which is open as `fd`. Throws the system's error. */
export function writeOutEarly(folder: ByteString, fd: number, bytes: Uint8Array): void {
  const second = beginsAtClose(folder) ? openAgain(fd) : undefined;
  try {
    writeAll(second ?? fd, bytes);
  } finally {
    if (second !== undefined) closeSync(second);
  }
}
