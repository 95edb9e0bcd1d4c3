/** The disk of the queue: room for mail, and how long a flush takes, which every message waits for. */
import { closeSync, fchownSync, fdatasyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../protocol/settings.js';
import { reason } from '../complain.js';
import { queueFolder } from '../home.js';
import { type CheckLine, doubtful, fault, fine } from './check-line.js';

const flushes = 20;
/** Milliseconds; above it a disk is slower than any that mail should wait for. */
const slowFlush = 100;
const mebibytes = (octets: number): string => `${Math.floor(octets / 1_048_576)} MiB`;

export function* diskChecks(home: string, { queuereserve }: Settings): Generator<CheckLine> {
  const queue = queueFolder(home);
  try {
    const { bavail, bsize, ffree, files } = statfsSync(queue);
    const free = bavail * bsize;
    if (free < queuereserve)
      yield fault(
        'disk',
        `${mebibytes(free)} free, control/queuereserve keeps ${mebibytes(queuereserve)}: MAIL gets 452, unless removed messages left room in the data file`,
      );
    else if (free < 10 * queuereserve) yield doubtful('disk', `${mebibytes(free)} free`);
    else yield fine('disk', `${mebibytes(free)} free`);
    if (files > 0 && ffree < 1_000) yield fault('disk', `only ${ffree} files more can be made`);
    const [median = 0, most = 0] = flushTimes(queue);
    const text = `a flush takes ${median.toFixed(1)} ms, at most ${most.toFixed(1)} ms of ${flushes}`;
    yield median > slowFlush ? doubtful('flush', `${text}: each message waits for one`) : fine('flush', text);
  } catch (error) {
    yield fault('disk', `${queue}: ${reason(error)}`);
  }
}

/** Median and maximum in milliseconds, of a small file beside the queue's. */
function flushTimes(queue: string): readonly [number, number] {
  const path = join(queue, `.flush.${process.pid}`);
  const { uid, gid } = statSync(queue);
  const fd = openSync(path, 'wx', 0o600);
  try {
    if (process.geteuid?.() === 0) fchownSync(fd, uid, gid);
    const piece = Buffer.alloc(4_096, 'x');
    const times = Array.from({ length: flushes }, () => {
      const begun = performance.now();
      writeSync(fd, piece);
      fdatasyncSync(fd);
      return performance.now() - begun;
    }).sort((a, b) => a - b);
    return [times[flushes / 2] ?? 0, times.at(-1) ?? 0];
  } finally {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}
