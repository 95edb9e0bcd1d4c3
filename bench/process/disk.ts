/**
 * The file system under a folder, and what a durable write costs there: a server that says 250 only when a message is on disk is
 * as fast as that, and on a file system in memory it costs nothing.
 */
import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import { median } from '../statistics.js';

export interface Disk {
  /** As mount(8) names it; a number in hex when it is none of the common ones. */
  readonly filesystem: string;
  /** Milliseconds to append 4 KiB and have them on disk, the median of some. */
  readonly fsyncMs: number;
}

/** Of statfs(2). */
const names = new Map([
  [0xef53, 'ext4'],
  [0x01021994, 'tmpfs'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x794c7630, 'overlay'],
  [0x2fc12fc1, 'zfs'],
  [0x6969, 'nfs'],
]);
const writes = 21;

export function diskOf(folder: string): Disk {
  const { type } = statfsSync(folder);
  return { filesystem: names.get(type) ?? `0x${type.toString(16)}`, fsyncMs: durableWriteMs(path.join(folder, 'fsync')) };
}

function durableWriteMs(file: string): number {
  const page = Buffer.alloc(4_096);
  const descriptor = openSync(file, 'w');
  try {
    const times = Array.from({ length: writes }, () => {
      const before = performance.now();
      writeSync(descriptor, page);
      fdatasyncSync(descriptor);
      return performance.now() - before;
    });
    return Number((median(times) ?? 0).toPrecision(2));
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}
