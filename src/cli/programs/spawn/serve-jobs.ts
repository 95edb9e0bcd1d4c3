/**
 * The loop of a spawner: takes jobs from descriptor 0 as they come, runs them side by side, writes each report to
 * descriptor 1 when it is there (spec send.md). What a job does is its owner's.
 */
import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteString } from '../../../protocol/mail.js';
import { jobFault, type SpawnJob, SpawnJobs, spawnLimit } from '../../../protocol/spawn-jobs.js';
import { type Call, put } from '../../call.js';

const readSome = promisify(read);
const pieceSize = 4096;
const cannot = 111;

/** Runs a job to its end: the letter and text of its report, without NUL. Never rejects. */
export type RunJob = (job: SpawnJob) => Promise<ByteString>;

/** 0 when the jobs ended, 111 when they cannot be read or nobody reads the reports. */
export async function serveJobs(call: Call, runJob: RunJob): Promise<number> {
  const jobs = new SpawnJobs();
  const running = new Map<number, Promise<void>>();
  let broken = false;
  const say = (octets: ByteString): void => {
    try {
      put(call, 1, octets);
    } catch {
      broken = true;
    }
  };
  const take = (job: SpawnJob): void => {
    const report = (text: ByteString): void => say(`${String.fromCharCode(job.number)}${text}\0`);
    const fault = jobFault(job, running.has(job.number));
    if (fault !== undefined) {
      report(fault);
      return;
    }
    const done = runJob(job).then((text) => {
      running.delete(job.number);
      report(text);
    });
    running.set(job.number, done);
  };
  say(String.fromCharCode(spawnLimit));
  const readable = await eachPiece(call.descriptor(0), (piece) => {
    const whole = jobs.receive(piece);
    for (const job of whole ?? []) take(job);
    return whole !== undefined && !broken;
  });
  await Promise.all(running.values());
  return readable && !broken ? 0 : cannot;
}

/** False when the descriptor cannot be read or `take` wants no more. */
async function eachPiece(fd: number, take: (piece: Uint8Array) => boolean): Promise<boolean> {
  const piece = Buffer.allocUnsafe(pieceSize);
  for (;;) {
    const octets = await readSome(fd, piece, 0, pieceSize, null).catch(() => undefined);
    if (octets === undefined) return false;
    if (octets.bytesRead === 0) return true;
    if (!take(piece.subarray(0, octets.bytesRead))) return false;
  }
}
