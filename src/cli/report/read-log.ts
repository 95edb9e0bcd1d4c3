/**
 * Reads log files line by line in bounded memory: one buffer, lines up to a largest size (what is longer is passed over
 * and counted). Knows nothing of what a line says.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const bufferSize = 1_048_576;
const longestLine = 262_144;
const lineFeed = 10;

/** Calls `take` with each line without its line feed; returns how many were too long. Throws the system's error. */
export function readLines(file: string | 0, take: (line: string) => void): number {
  const fd = file === 0 ? 0 : openSync(file, 'r');
  const buffer = Buffer.allocUnsafe(bufferSize);
  let kept = 0;
  let tooLong = 0;
  let skipping = false;
  try {
    for (;;) {
      const length = readSome(fd, buffer, kept);
      if (length === 0) break;
      const end = kept + length;
      let from = 0;
      for (let at = buffer.indexOf(lineFeed); at >= 0 && at < end; at = buffer.indexOf(lineFeed, from)) {
        if (skipping) skipping = false;
        else take(buffer.toString('latin1', from, at));
        from = at + 1;
      }
      if (end - from > longestLine) {
        if (!skipping) tooLong += 1;
        skipping = true;
        from = end;
      }
      buffer.copyWithin(0, from, end);
      kept = end - from;
    }
    if (kept > 0 && !skipping) take(buffer.toString('latin1', 0, kept));
  } finally {
    if (fd !== 0) closeSync(fd);
  }
  return tooLong;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

function readSome(fd: number, buffer: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(fd, buffer, at, buffer.length - at, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
}
