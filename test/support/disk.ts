/**
 * A small disk of its own for a test that fills it, and a process whose flushes fail. Needs root, or strace.
 */
import { spawnSync } from 'node:child_process';
import type { Ending } from './server-home.js';

/** Why no disk can be mounted here, or undefined. */
export function noMount(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'not applicable: only root can mount a small disk';
}

/** Mounts an empty disk of that many MiB on a folder; `ending` takes it away. */
export function mountSmallDisk(ending: Ending, folder: string, mebibytes: number): void {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'tmpfs', folder], { encoding: 'utf8' });
  if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr.trim()}`);
  ending.after(() => void spawnSync('umount', ['-l', folder]));
}
