/**
 * Moves the messages of a Maildir to the end of an mbox file (maildir2mbox). The mailbox is replaced as a whole and
 * flushed before any message goes; what is interrupted between leaves a message in both.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { fromByteString, toByteString } from '../protocol/bytes.js';
import type { ByteString } from '../protocol/mail.js';
import { separatorLine } from '../protocol/mailbox/added-lines.js';
import { senderOfHead } from '../protocol/mailbox/from-sender.js';
import { FromQuoting } from '../protocol/mailbox/mbox.js';
import { syncFolder } from './folder-sync.js';
import type { MaildirMessage } from './maildir-scan.js';
import { lockMbox } from './mbox-file.js';
import { codeOf, octetPath } from './octet-path.js';
import { replaceFile, writeWhole } from './replaced-file.js';

export interface Merge {
  readonly maildir: ByteString;
  readonly messages: readonly MaildirMessage[];
  /** Absolute paths in octets. */
  readonly mbox: ByteString;
  readonly temporary: ByteString;
}

/** Which file could not be used for what; mailbox and messages are as they were. */
export class MergeFailed extends Error {
  override readonly name = 'MergeFailed';
  readonly action: string;
  readonly code: string;
  constructor(action: string, error: unknown) {
    super(`${action}: ${codeOf(error)}`);
    this.action = action;
    this.code = codeOf(error);
  }
}

/** Seconds to wait for somebody else's lock on the mailbox. */
const patience = 30;
const longestHead = 2_048;

/** The names of messages that are in the mailbox and could not be removed. Rejects with MergeFailed or NotReplaced. */
export async function mergeIntoMbox(merge: Merge): Promise<readonly ByteString[]> {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
  const old = await open(octetPath(merge.mbox), flags, 0o600).catch((error: unknown) => {
    throw new MergeFailed('open mbox', error);
  });
  try {
    if ((await lockMbox(old.fd, patience)) === 'locked') {
      throw new MergeFailed('lock mbox', Object.assign(new Error(), { code: 'ETIMEDOUT' }));
    }
    const status = await old.stat();
    if (!status.isFile()) throw new MergeFailed('replace mbox', Object.assign(new Error(), { code: 'EINVAL' }));
    await replaceFile(octetPath(merge.mbox), octetPath(merge.temporary), status.mode & 0o777, (file) => fill(file, old, merge));
    return await removeAll(merge);
  } finally {
    await old.close();
  }
}

async function fill(file: FileHandle, old: FileHandle, { maildir, messages }: Merge): Promise<void> {
  for await (const piece of piecesOf(old, 'read mbox')) await writeWhole(file, piece);
  for (const message of messages) await append(file, `${maildir}/${message.name}`, message);
}

/** An open file from its start; a piece is good until the next is asked for. */
async function* piecesOf(file: FileHandle, action: string): AsyncGenerator<Uint8Array, void, void> {
  const piece = new Uint8Array(65_536);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(piece, 0, piece.length, at).catch((error: unknown) => {
      throw new MergeFailed(action, error);
    });
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function append(file: FileHandle, path: ByteString, { name, mtime }: MaildirMessage): Promise<void> {
  const quoting = new FromQuoting();
  let begun = false;
  const begin = (head: Uint8Array): Promise<void> => {
    begun = true;
    const sender = senderOfHead(toByteString(head, 0, Math.min(head.length, longestHead)));
    return writeWhole(file, fromByteString(separatorLine(sender, mtime)));
  };
  const message = await open(octetPath(path)).catch((error: unknown) => {
    throw new MergeFailed(`open $MAILDIR/${name}`, error);
  });
  try {
    for await (const piece of piecesOf(message, `read $MAILDIR/${name}`)) {
      if (!begun) await begin(piece);
      await writeWhole(file, quoting.push(piece));
    }
  } finally {
    await message.close();
  }
  if (!begun) await begin(new Uint8Array(0));
  await writeWhole(file, quoting.end());
}

async function removeAll({ maildir, messages }: Merge): Promise<readonly ByteString[]> {
  const left: ByteString[] = [];
  for (const { name } of messages) {
    await unlink(octetPath(`${maildir}/${name}`)).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') left.push(name);
    });
  }
  for (const folder of ['new', 'cur']) await syncFolder(`${maildir}/${folder}`).catch(() => undefined);
  return left;
}
