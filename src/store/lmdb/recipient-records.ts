/**
 * Packed recipients: up to 1,000 a record, with one bitmap of done ones beside each.
 * Encodes and decodes; it knows no database.
 *
 * recipients: u16 length and octets each. routed: u8 flags (1 = remote, 2 = same address as in the
 * envelope, then nothing follows), u16 length and octets. done: u32 number of bounce texts (block 0
 * only, else 0), then a bit for each recipient.
 */
import type { ByteString, Routed } from '../../protocol/mail.js';
import { blockSize, checkedLength, writeAddress } from './message-record.js';
import { newRecord, seal, sealSize } from './seal.js';

const remote = 1;
const same = 2;

/** Blocks that `count` recipients take. */
export function blocksOf(count: number): number {
  return Math.ceil(count / blockSize);
}

export function encodeRecipients(id: number, block: number, addresses: readonly ByteString[]): Buffer {
  let size = 0;
  for (const address of addresses) size += 2 + checkedLength(address);
  const record = newRecord('recipients', id, block, size);
  let at = sealSize;
  for (const address of addresses) at = writeAddress(record, at, address);
  return seal(record);
}

/** `count` addresses from offset `at` on, without the first `skip`. */
export function decodeAddresses(record: Buffer, at: number, skip: number, count: number): ByteString[] {
  const found: ByteString[] = [];
  let offset = at;
  for (let n = 0; n < skip; n++) offset += 2 + record.readUInt16LE(offset);
  for (let n = 0; n < count; n++) {
    const end = offset + 2 + record.readUInt16LE(offset);
    found.push(record.toString('latin1', offset + 2, end));
    offset = end;
  }
  return found;
}

/** `envelope` holds the addresses as accepted, of the same recipients. */
export function encodeRouted(id: number, block: number, routed: readonly Routed[], envelope: readonly ByteString[]): Buffer {
  let size = 0;
  routed.forEach(({ address }, n) => {
    size += address === envelope[n] ? 1 : 3 + checkedLength(address);
  });
  const record = newRecord('routed', id, block, size);
  let at = sealSize;
  routed.forEach(({ channel, address }, n) => {
    const isSame = address === envelope[n];
    record[at++] = (channel === 'remote' ? remote : 0) | (isSame ? same : 0);
    if (!isSame) at = writeAddress(record, at, address);
  });
  return seal(record);
}

/** The routing of all recipients of a block, whose accepted addresses are `envelope`. */
export function decodeRouted(record: Buffer, envelope: readonly ByteString[]): Routed[] {
  let at = sealSize;
  return envelope.map((accepted) => {
    const flags = record.readUInt8(at++);
    const channel = flags & remote ? 'remote' : 'local';
    if (flags & same) return { channel, address: accepted };
    const end = at + 2 + record.readUInt16LE(at);
    const address = record.toString('latin1', at + 2, end);
    at = end;
    return { channel, address };
  });
}

const bitmapSize = blockSize / 8;

/** Done ones of one block, and how many bounce texts the message has (kept with block 0). */
export interface DoneBlock {
  bounceTexts: number;
  readonly bits: Uint8Array;
}

export function emptyDone(): DoneBlock {
  return { bounceTexts: 0, bits: new Uint8Array(bitmapSize) };
}

export function encodeDone(id: number, block: number, done: DoneBlock): Buffer {
  const record = newRecord('done', id, block, 4 + bitmapSize);
  record.writeUInt32LE(done.bounceTexts, sealSize);
  record.set(done.bits, sealSize + 4);
  return seal(record);
}

export function decodeDone(record: Buffer): DoneBlock {
  return {
    bounceTexts: record.readUInt32LE(sealSize),
    bits: Uint8Array.prototype.slice.call(record, sealSize + 4, sealSize + 4 + bitmapSize),
  };
}

export function setDone({ bits }: DoneBlock, index: number): void {
  const place = index % blockSize;
  bits[place >>> 3] = (bits[place >>> 3] ?? 0) | (1 << (place & 7));
}

export function isDone({ bits }: DoneBlock, index: number): boolean {
  const place = index % blockSize;
  return ((bits[place >>> 3] ?? 0) & (1 << (place & 7))) !== 0;
}
