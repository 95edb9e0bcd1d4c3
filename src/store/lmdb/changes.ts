/**
 * What each change of the queue writes: one function a state transition (spec queue.md §3.1).
 * Every function looks at all it needs, and may throw, before its first write.
 */
import type { ByteString, Channel, Routed } from '../../protocol/mail.js';
import type { AdoptedState } from '../adopting-store.js';
import type { DueEntry, Marks, MessageId, NewMessage, Reschedule } from '../queue-store.js';
import { type Batch, DamagedRecord, lookAt } from './batch.js';
import { adoptedKey, factRecord } from './facts.js';
import { blockSize, type MessageRecord, sealMessage } from './message-record.js';
import { blocksOf, decodeAddresses, encodeRecipients, encodeRouted, setDone } from './recipient-records.js';
import { isSealed, sealSize } from './seal.js';
import { encodeFile, encodeText } from './state-records.js';

/** A message encoded by its caller's turn; recipients in blocks only when there are more than one block. */
export interface EncodedMessage {
  readonly record: Buffer;
  readonly blocks: readonly (readonly ByteString[])[];
  readonly file: { readonly name: string; readonly size: number } | undefined;
}

/** S1 → S4. */
export function accept(batch: Batch, id: MessageId, message: EncodedMessage): void {
  const { layout } = batch;
  sealMessage(message.record, id);
  batch.put(layout.mess, id, message.record);
  message.blocks.forEach((addresses, block) => {
    batch.put(layout.rcpt, [id, block], encodeRecipients(id, block, addresses));
  });
  if (message.file !== undefined) batch.put(layout.file, message.file.name, encodeFile(id, message.file.size));
  batch.tally.messages++;
  batch.tally.octets += octetsOf(message.record.length, message.file?.size);
  batch.tally.lastId = id;
}

/** S1 → S4 or S5, with everything that another queue knew of the message. */
export function adopt(batch: Batch, id: MessageId, message: EncodedMessage, state: AdoptedState): void {
  const { layout } = batch;
  const { routed, due } = state;
  mustBeTime(due.local);
  mustBeTime(due.remote);
  accept(batch, id, message);
  batch.added(id, message.record);
  if (routed !== undefined) {
    for (let block = 0; block < blocksOf(routed.length); block++) {
      const part = routed.slice(block * blockSize, (block + 1) * blockSize);
      const addresses = part.map(({ address }) => address);
      batch.put(layout.routed, [id, block], encodeRouted(id, block, part, addresses));
    }
    batch.setDue(id, 'local', due.local);
    batch.setDue(id, 'remote', due.remote);
    batch.tally.preprocessed++;
  }
  if (state.done.length > 0 || state.bounceText !== '') mark(batch, { id, indexes: state.done, bounceText: state.bounceText });
  batch.put(layout.meta, adoptedKey(state.key), factRecord(id));
}

/** S4 → S5. */
export function preprocess(batch: Batch, id: MessageId, routed: readonly Routed[], due: Partial<Record<Channel, number>>): void {
  const head = batch.head(id);
  if (head === undefined) return;
  if (routed.length !== head.recipientCount)
    throw new RangeError(`routing of ${routed.length} recipients for ${head.recipientCount}`);
  mustBeTime(due.local);
  mustBeTime(due.remote);
  const first = batch.dueTimes(id) === undefined;
  const records: Buffer[] = [];
  for (let block = 0; block < blocksOf(routed.length); block++) {
    const from = block * blockSize;
    const part = routed.slice(from, from + blockSize);
    records.push(encodeRouted(id, block, part, envelopeBlock(batch, id, head, block)));
  }
  records.forEach((record, block) => {
    batch.put(batch.layout.routed, [id, block], record);
  });
  batch.setDue(id, 'local', due.local);
  batch.setDue(id, 'remote', due.remote);
  if (first) batch.tally.preprocessed++;
}

export function reschedule(batch: Batch, { id, channel, due }: Reschedule): void {
  mustBeTime(due);
  if (batch.dueTimes(id) !== undefined) batch.setDue(id, channel, due);
  else if (batch.head(id) !== undefined) throw new RangeError(`message ${id} is not preprocessed`);
}

/** Makes `entry` due at `now` unless it moved meanwhile. */
export function makeDue(batch: Batch, { id, channel, due }: DueEntry, now: number): void {
  if (batch.dueTimes(id)?.[channel] === due) batch.setDue(id, channel, now);
}

export function mark(batch: Batch, { id, indexes, bounceText }: Marks): void {
  const head = batch.head(id);
  if (head === undefined) return;
  for (const index of indexes) {
    if (!(Number.isInteger(index) && index >= 0 && index < head.recipientCount))
      throw new RangeError(`recipient ${index} of message ${id}`);
    batch.done(id, Math.floor(index / blockSize));
  }
  // Block 0 tells whether a message has any done block or bounce text: it always comes first.
  const first = batch.changeDone(id, 0);
  for (const index of indexes) setDone(batch.changeDone(id, Math.floor(index / blockSize)), index);
  if (!bounceText) return;
  const number = first.bounceTexts++;
  batch.put(batch.layout.bounce, [id, number], encodeText('bounce', id, number, bounceText));
}

/** S4 or S5 → S1. Returns the head of what was removed; undefined when the message is not queued. */
export function finish(batch: Batch, id: MessageId): MessageRecord | undefined {
  const { layout } = batch;
  const head = batch.head(id);
  if (head === undefined) return undefined;
  const preprocessed = batch.dueTimes(id) !== undefined;
  const done = batch.done(id, 0);
  const blocks = blocksOf(head.recipientCount);
  if (preprocessed) {
    batch.setDue(id, 'local', undefined);
    batch.setDue(id, 'remote', undefined);
    batch.remove(layout.info, id);
    for (let block = 0; block < blocks; block++) batch.remove(layout.routed, [id, block]);
  }
  if (done !== undefined) {
    for (let block = 0; block < Math.max(blocks, 1); block++) batch.remove(layout.done, [id, block]);
    for (let number = 0; number < done.bounceTexts; number++) batch.remove(layout.bounce, [id, number]);
  }
  if (head.recipientsAt === undefined) for (let block = 0; block < blocks; block++) batch.remove(layout.rcpt, [id, block]);
  if (head.file !== undefined) batch.remove(layout.file, head.file);
  batch.remove(layout.mess, id);
  batch.gone(id);
  batch.tally.messages--;
  if (preprocessed) batch.tally.preprocessed--;
  batch.tally.octets -= octetsOf(head.recordSize, head.file === undefined ? 0 : head.bodySize);
  return head;
}

/** Addresses of one block as accepted. */
function envelopeBlock(batch: Batch, id: MessageId, head: MessageRecord, block: number): ByteString[] {
  if (head.recipientsAt !== undefined) {
    const record = lookAt(batch.layout.mess, id, id);
    if (record !== undefined) return decodeAddresses(record, head.recipientsAt, 0, head.recipientCount);
  } else {
    const record = lookAt(batch.layout.rcpt, [id, block], id);
    const count = Math.min(blockSize, head.recipientCount - block * blockSize);
    if (record !== undefined && isSealed(record, 'recipients', id, block)) return decodeAddresses(record, sealSize, 0, count);
  }
  throw new DamagedRecord(id, `recipients ${block * blockSize} and following fail their checksum`);
}

function octetsOf(record: number, file = 0): number {
  return record + file;
}

function mustBeTime(due: number | undefined): void {
  if (due !== undefined && !Number.isFinite(due)) throw new RangeError(`time ${due}`);
}

/** What `accept` needs of a message besides its record. */
export function encodedParts(message: NewMessage): Pick<EncodedMessage, 'blocks' | 'file'> {
  const { recipients, body } = message;
  const blocks: ByteString[][] = [];
  if (recipients.length > blockSize) {
    for (let from = 0; from < recipients.length; from += blockSize) blocks.push(recipients.slice(from, from + blockSize));
  }
  return { blocks, file: 'file' in body ? { name: body.file, size: body.size } : undefined };
}
