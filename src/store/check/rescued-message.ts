/**
 * Writes one sound message of a stopped queue as files: `ID.mess`, the message in unix form, `ID.envelope`, sender and
 * undone recipients as qmail-queue reads them, and `ID.bounce`, what a bounce would have told. Changes no record.
 */
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { Damages } from '../lmdb/damages.js';
import type { Layout } from '../lmdb/layout.js';
import { MessageReader } from '../lmdb/message-reader.js';
import type { MessageId } from '../queue-store.js';
import { unixMessage } from '../unix-message.js';

/** False when nothing can be saved: head, body or recipients are damaged. Throws when a file cannot be written. */
export async function rescueMessage(layout: Layout, dir: string, id: MessageId, into: string): Promise<boolean> {
  const bodyDir = join(dir, 'body');
  const reader = new MessageReader(layout, new Damages(), bodyDir);
  const head = reader.head(id);
  const body = head === undefined ? undefined : reader.read(id);
  if (head === undefined || body === undefined) return false;
  const rows = reader.recipients(id, 0, head.recipientCount);
  if (rows.length < head.recipientCount) return false;
  const undone = rows.filter(({ done }) => !done).map(({ address }) => address);
  const file = (kind: string): string => join(into, `${id}.${kind}`);
  const options = { mode: 0o600, flush: true } as const;
  const message = unixMessage('file' in body ? { ...body, file: join(bodyDir, body.file) } : body);
  await pipeline(Readable.from(message.pieces()), createWriteStream(file('mess'), options));
  // Last: what has an envelope is whole.
  const text = reader.bounceText(id);
  if (text !== '') await writeFile(file('bounce'), text, { ...options, encoding: 'latin1' });
  await writeFile(file('envelope'), envelopeText({ sender: head.sender, recipients: undone }), {
    ...options,
    encoding: 'latin1',
  });
  return true;
}
