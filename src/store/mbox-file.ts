/**
 * Appends a message to an mbox file under a lock, flushed; a failed append is cut off again.
 * Node has no flock: util-linux's flock(1) takes the lock on a descriptor that it inherits. The
 * lock belongs to the open file, so it stays ours after flock(1) has ended, until we close.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { ByteString } from '../protocol/mail.js';
import { FromQuoting } from '../protocol/mailbox/mbox.js';
import { crashAt } from './crash-points.js';
import { syncFolder } from './folder-sync.js';
import { codeOf, octetPath } from './octet-path.js';
import { MessageUnreadable, type UnixMessage } from './unix-message.js';

export interface MboxJob {
  /** Absolute path. */
  readonly path: ByteString;
  /** Separator, Return-Path and Delivered-To lines. */
  readonly prefix: Uint8Array;
  readonly message: UnixMessage;
  /** Seconds to wait for the lock; qmail's 30 unless a test says less. */
  readonly lockSeconds?: number;
}

/** `code` is Node's name of the error. */
export type MboxOutcome =
  | { readonly tag: 'done' }
  | { readonly tag: 'locked' }
  | { readonly tag: 'unreadable' }
  | { readonly tag: 'open'; readonly code: string }
  | { readonly tag: 'write'; readonly code: string };

const timedOut = 75;

/** Takes the lock. `free`: there is no lock (no flock(1), or a file system without); qmail goes on then. */
export function lockMbox(fd: number, seconds: number): Promise<'held' | 'free' | 'locked'> {
  return new Promise((resolve) => {
    const stdio = ['ignore', 'ignore', 'ignore', fd] as const;
    const child = spawn('flock', ['-x', '-w', String(seconds), '-E', String(timedOut), '3'], { stdio: [...stdio] });
    child.once('error', () => resolve('free'));
    child.once('exit', (code) => resolve(code === 0 ? 'held' : code === timedOut ? 'locked' : 'free'));
  });
}

async function append(file: FileHandle, job: MboxJob): Promise<void> {
  const quoting = new FromQuoting();
  if (job.message.bytes !== undefined) {
    // One write, so that even an unlocked reader never sees half a message.
    await file.appendFile(Buffer.concat([job.prefix, quoting.push(job.message.bytes), quoting.end()]));
    return;
  }
  await file.appendFile(job.prefix);
  for await (const piece of job.message.pieces()) await file.appendFile(quoting.push(piece));
  await file.appendFile(quoting.end());
}

async function appendDurably(file: FileHandle, job: MboxJob): Promise<MboxOutcome> {
  const regular = (await file.stat()).isFile();
  const held = regular ? await lockMbox(file.fd, job.lockSeconds ?? 30) : 'free';
  if (held === 'locked') return { tag: 'locked' };
  const before = (await file.stat()).size;
  try {
    await append(file, job);
    crashAt('mbox.written');
    if (regular) await file.sync();
    crashAt('mbox.flushed');
    if (regular && before === 0) await syncFolder(job.path.slice(0, job.path.lastIndexOf('/') + 1));
    return { tag: 'done' };
  } catch (error) {
    if (held === 'held') await file.truncate(before).catch(() => undefined);
    return error instanceof MessageUnreadable ? { tag: 'unreadable' } : { tag: 'write', code: codeOf(error) };
  }
}

/** Appends; resolves when the message is on disk, or says why it is not. */
export async function deliverToMbox(job: MboxJob): Promise<MboxOutcome> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
  let file: FileHandle;
  try {
    file = await open(octetPath(job.path), flags, 0o600);
  } catch (error) {
    return { tag: 'open', code: codeOf(error) };
  }
  try {
    return await appendDurably(file, job);
  } catch (error) {
    return { tag: 'write', code: codeOf(error) };
  } finally {
    await file.close().catch(() => undefined);
  }
}
