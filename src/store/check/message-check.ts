/**
 * Checks one message: its record, its body, and every record that belongs to it. Reads only.
 */
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type BlockDb, type DueKey, type Layout, peek } from '../lmdb/layout.js';
import { decodeBody, decodeMessage } from '../lmdb/message-record.js';
import { blocksOf, decodeDone } from '../lmdb/recipient-records.js';
import { isSealed, type SealedKind } from '../lmdb/seal.js';
import { decodeState } from '../lmdb/state-records.js';
import type { Body, MessageId } from '../queue-store.js';
import type { Finding } from './finding.js';

export async function checkMessage(layout: Layout, dir: string, id: MessageId, next: MessageId): Promise<Finding[]> {
  const found: Finding[] = [];
  const note = (kind: Finding['kind'], text: string): void => {
    found.push({ kind, id, text });
  };
  const record = peek(layout.mess, id);
  const head = record === undefined ? undefined : decodeMessage(record, id);
  if (record === undefined || head === undefined) {
    note('damaged', 'head fails its checksum');
    return found;
  }
  const body = decodeBody(record, head);
  if (body === undefined) note('damaged', 'body fails its checksum');
  if (id >= next) note('damaged', `the number was never given (next is ${next})`);
  const blocks = blocksOf(head.recipientCount);
  const preprocessed = checkState(layout, id, note);
  for (let block = 0; block < blocks; block++) {
    if (head.recipientsAt === undefined) checkPart(layout.rcpt, 'recipients', id, block, true, note);
    if (preprocessed) checkPart(layout.routed, 'routed', id, block, true, note);
    if (block > 0) checkPart(layout.done, 'done', id, block, false, note);
  }
  const done = checkPart(layout.done, 'done', id, 0, false, note);
  const bounceTexts = done === undefined ? 0 : decodeDone(done).bounceTexts;
  for (let number = 0; number < bounceTexts; number++) checkPart(layout.bounce, 'bounce', id, number, true, note);
  if (body !== undefined && 'file' in body) await checkFile(layout, dir, id, body, note);
  return found;
}

type Note = (kind: Finding['kind'], text: string) => void;

function checkPart(db: BlockDb, kind: SealedKind, id: MessageId, part: number, needed: boolean, note: Note): Buffer | undefined {
  const record = peek(db, [id, part]);
  if (record === undefined) {
    if (needed) note('missing', `${kind} record ${part} is missing`);
    return undefined;
  }
  if (isSealed(record, kind, id, part)) return record;
  note('damaged', `${kind} record ${part} fails its checksum`);
  return undefined;
}

/** Whether the message is preprocessed; its times must stand in the schedule. */
function checkState(layout: Layout, id: MessageId, note: Note): boolean {
  const record = peek(layout.info, id);
  if (record === undefined) return false;
  if (!isSealed(record, 'state', id, 0)) {
    note('damaged', 'state record fails its checksum');
    return true;
  }
  const due = decodeState(record);
  const keys: DueKey[] = [];
  if (due.local !== undefined) keys.push([0, due.local, id]);
  if (due.remote !== undefined) keys.push([1, due.remote, id]);
  for (const key of keys) if (peek(layout.due, key) === undefined) note('missing', `schedule entry ${key.join(' ')} is missing`);
  return true;
}

async function checkFile(
  layout: Layout,
  dir: string,
  id: MessageId,
  body: Extract<Body, { file: string }>,
  note: Note,
): Promise<void> {
  const name = peek(layout.file, body.file);
  if (name === undefined || !isSealed(name, 'file', id, 0))
    note(name === undefined ? 'missing' : 'damaged', `file record of ${body.file}`);
  const path = join(dir, 'body', body.file);
  const size = await lstat(path).then(
    (stats) => stats.size,
    () => undefined,
  );
  if (size === undefined) note('missing', `body file ${body.file} is missing`);
  else if (size !== body.size) note('damaged', `body file ${body.file} has ${size} octets instead of ${body.size}`);
  else if (body.checksum !== undefined && (await fileChecksum(path)) !== body.checksum) {
    note('damaged', `body file ${body.file} fails its checksum`);
  }
}

async function fileChecksum(path: string): Promise<number> {
  let checksum = 0;
  for await (const chunk of createReadStream(path)) checksum = crc32(chunk as Buffer, checksum);
  return checksum;
}
