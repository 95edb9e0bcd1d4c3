/** A named pipe with both ends open in this process, neither of which blocks: for writers whose reader is slow or gone. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

export interface Fifo {
  readonly reader: number;
  readonly writer: number;
  /** Its reader goes away. */
  leave(): void;
}

export function openFifo(t: TestContext): Fifo {
  const folder = mkdtempSync(join(tmpdir(), 'fifo-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const writer = openSync(path, O_WRONLY | O_NONBLOCK);
  let isRead = true;
  const leave = (): void => {
    if (isRead) closeSync(reader);
    isRead = false;
  };
  t.after(() => {
    leave();
    closeSync(writer);
    rmSync(folder, { recursive: true });
  });
  return { reader, writer, leave };
}
