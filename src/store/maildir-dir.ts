/**
 * Delivery into a Maildir, durable and idempotent: written and flushed in `tmp/`, moved into
 * `new/` under a name that only this delivery can have. A name already there with the same
 * content means that an earlier try succeeded. Never creates a Maildir, never overwrites.
 *
 * A short message is written with a blocking call: it touches the page cache only and costs a fraction of a
 * trip through the thread pool. Whatever may wait for the disk is asynchronous: flushes, and the changes of
 * folders, which wait while the file system's journal commits.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsync,
  linkSync,
  open,
  rename,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { opendir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ByteString } from '../protocol/mail.js';
import { isSameMessage } from '../protocol/mailbox/maildir.js';
import { crashAt } from './crash-points.js';
import { syncFolder } from './folder-sync.js';
import { codeOf, octetPath } from './octet-path.js';
import { sameContent } from './same-content.js';
import { MessageUnreadable, type UnixMessage } from './unix-message.js';

const flush = promisify(fsync);
const openFile = promisify(open);
const move = promisify(rename);
const writeFile = promisify(write);

export interface MaildirJob {
  /** Absolute path of the Maildir, with or without a final slash. */
  readonly folder: ByteString;
  readonly name: ByteString;
  /** Name in `tmp/`; must never have been used. */
  readonly temporary: ByteString;
  /** Lines put before the message. */
  readonly prefix: Uint8Array;
  readonly message: UnixMessage;
  /** Look in `cur/` too: an earlier try may have been read already. */
  readonly repeated: boolean;
}

/**
 * `noFolder`: not a folder that can be entered. `different`: the name is taken by other content.
 * `unreadable`: the message, not the mailbox, failed. `trouble`: everything else, try later.
 */
export type MaildirOutcome = 'done' | 'noFolder' | 'different' | 'unreadable' | 'trouble';

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await writeFile(fd, bytes, at, bytes.length - at)).bytesWritten;
}

function writeAllSync(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

async function writeMessage(fd: number, job: MaildirJob): Promise<void> {
  const { prefix, message } = job;
  if (message.bytes !== undefined) {
    const whole = new Uint8Array(prefix.length + message.bytes.length);
    whole.set(prefix);
    whole.set(message.bytes, prefix.length);
    writeAllSync(fd, whole);
    return;
  }
  await writeAll(fd, prefix);
  for await (const piece of message.pieces()) await writeAll(fd, piece);
}

/** Where an earlier try left this message: a path below the Maildir, or undefined. */
async function earlierIn(folder: ByteString, name: ByteString): Promise<ByteString | undefined> {
  for await (const entry of await opendir(octetPath(folder), { encoding: 'latin1' as BufferEncoding })) {
    if (isSameMessage(entry.name, name)) return `${folder}/${entry.name}`;
  }
  return undefined;
}

/** Links the finished file into `new/`, or finds that it is there already. */
async function publish(job: MaildirJob, temporary: ByteString): Promise<MaildirOutcome | 'moved'> {
  const folder = `${job.folder}/new`;
  const path = `${folder}/${job.name}`;
  if (!job.repeated && !existsSync(octetPath(path))) {
    // Only this delivery can have the name: one step does what link and unlink do.
    await move(octetPath(temporary), octetPath(path));
    crashAt('maildir.moved');
    await syncFolder(folder);
    return 'moved';
  }
  try {
    linkSync(octetPath(temporary), octetPath(path));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (!(await sameContent(path, temporary))) return 'different';
  }
  await syncFolder(folder);
  return 'done';
}

async function writeAndPublish(job: MaildirJob, fd: number, temporary: ByteString): Promise<MaildirOutcome | 'moved'> {
  try {
    await writeMessage(fd, job);
    crashAt('maildir.written');
    await flush(fd);
    crashAt('maildir.flushed');
  } finally {
    closeSync(fd);
  }
  if (job.repeated) {
    const earlier = await earlierIn(`${job.folder}/cur`, job.name).catch(() => undefined);
    if (earlier !== undefined) {
      if (!(await sameContent(earlier, temporary))) return 'different';
      await syncFolder(`${job.folder}/cur`);
      return 'done';
    }
  }
  return publish(job, temporary);
}

function canEnter(folder: ByteString): boolean {
  try {
    accessSync(octetPath(`${folder}/.`), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Delivers; resolves when message and name are on disk. */
export async function deliverToMaildir(job: MaildirJob): Promise<MaildirOutcome> {
  const temporary = `${job.folder}/tmp/${job.temporary}`;
  let fd: number;
  try {
    fd = await openFile(octetPath(temporary), 'wx', 0o600);
  } catch {
    return canEnter(job.folder) ? 'trouble' : 'noFolder';
  }
  let outcome: MaildirOutcome | 'moved';
  try {
    outcome = await writeAndPublish(job, fd, temporary);
  } catch (error) {
    outcome = error instanceof MessageUnreadable ? 'unreadable' : 'trouble';
  }
  if (outcome === 'moved') return 'done';
  try {
    unlinkSync(octetPath(temporary));
  } catch {
    // A leftover in tmp/ is removed by mail readers after 36 hours.
  }
  return outcome;
}
