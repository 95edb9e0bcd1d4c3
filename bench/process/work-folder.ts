/**
 * The folders in which the bench works, below the system's own for temporary files: none is left behind, however it ends.
 * It must never remove a folder that it did not make.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const open = new Set<string>();

/** A new folder that servers of other users may pass through. */
export function openWorkFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-bench-'));
  open.add(folder);
  chmodSync(folder, 0o755);
  return folder;
}

/** May be called twice. */
export function removeWorkFolder(folder: string): void {
  if (!open.delete(folder)) return;
  // Of a server that was ended a moment ago, a file may still come.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

export function removeWorkFolders(): void {
  for (const folder of [...open]) removeWorkFolder(folder);
}
