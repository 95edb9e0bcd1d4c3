/**
 * The ballast: a file that takes up disk space only to be removed when the disk is full, so that
 * marks and removals, which free space, can still be written.
 */
import { constants, statSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

export const ballastFile = 'ballast';
export const ballastSize = 1_048_576;

/** Writes the ballast unless it is there. Rejects with the system's error when the disk has no room. */
export async function makeBallast(dir: string): Promise<void> {
  const path = join(dir, ballastFile);
  if (sizeOf(path) === ballastSize) return;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const handle = await open(`${path}.new`, flags, 0o600);
  try {
    // Written, not only sized: a hole would free nothing.
    await handle.write(Buffer.alloc(ballastSize, 0x2e));
    await handle.sync();
  } catch (error) {
    await unlink(`${path}.new`).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

function sizeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size;
  } catch {
    return undefined;
  }
}

/** Gives the ballast's space back; a missing one is no error. */
export async function dropBallast(dir: string): Promise<void> {
  await unlink(join(dir, ballastFile)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
