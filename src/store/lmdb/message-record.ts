/**
 * The one immutable record of a message: head, recipients when there are at most a block of
 * them, and the body when it is not a file. Encodes and decodes; it knows no database.
 *
 *   0  u32 magic `tqm1`        4 u32 head length     8 u32 CRC-32 of octets 12 to head length
 *  12  u32 CRC-32 of the body 16 f64 id             24 f64 birth       32 f64 unixSize
 *  40  f64 body octets        48 f64 qp             56 u32 uid         60 u32 recipients
 *  64  u8 origin  65 u8 form  66 u8 flags           67 u8 0            68 u16 sender length  70 u16 file name length
 *  72  sender, file name, recipients (u16 length and octets each), then the body
 */
import { crc32 } from 'node:zlib';
import type { BodyForm, ByteString, Origin } from '../../protocol/mail.js';
import type { Body, NewMessage } from '../queue-store.js';

const magic = 0x316d7174;
const fixedSize = 72;
const origins: readonly Origin[] = ['smtp', 'qmtp', 'qmqp', 'inject', 'forward', 'bounce'];
const forms: readonly BodyForm[] = ['wire', 'unix'];
const flagFile = 1;
const flagBlocks = 2;
const flagFileChecksum = 4;

/** Recipients of one packed record (data-path measurement: one bitmap and one record a thousand). */
export const blockSize = 1000;

/** What stands before the body. */
export interface MessageRecord {
  readonly headLength: number;
  readonly origin: Origin;
  readonly form: BodyForm;
  readonly uid: number;
  readonly qp: number;
  readonly birth: number;
  readonly unixSize: number;
  readonly bodySize: number;
  readonly bodyChecksum: number;
  readonly sender: ByteString;
  readonly file: string | undefined;
  readonly fileHasChecksum: boolean;
  readonly recipientCount: number;
  /** Offset of the first recipient, or undefined when they stand in blocks of their own. */
  readonly recipientsAt: number | undefined;
  /** Octets of the whole record. */
  readonly recordSize: number;
}

/** Octets that `encodeMessage` will need. Throws RangeError when an address cannot be kept. */
export function messageRecordSize(message: NewMessage): number {
  const { body, recipients, sender } = message;
  let size = fixedSize + checkedLength(sender) + ('file' in body ? checkedLength(body.file) : body.bytes.length);
  if (recipients.length <= blockSize) for (const address of recipients) size += 2 + checkedLength(address);
  return size;
}

/** Fills `record` (exactly messageRecordSize octets) except for the id, which `sealMessage` adds. */
export function encodeMessage(record: Buffer, message: NewMessage): void {
  const { body, recipients, sender } = message;
  const file = 'file' in body ? body.file : '';
  const inline = recipients.length <= blockSize;
  record.writeUInt32LE(magic, 0);
  record.writeDoubleLE(message.birth, 24);
  record.writeDoubleLE(message.unixSize, 32);
  record.writeDoubleLE('file' in body ? body.size : body.bytes.length, 40);
  record.writeDoubleLE(message.qp, 48);
  record.writeUInt32LE(message.uid >>> 0, 56);
  record.writeUInt32LE(recipients.length, 60);
  record[64] = origins.indexOf(message.origin);
  record[65] = forms.indexOf(body.form);
  record[66] = flagsOf(body, inline);
  record[67] = 0;
  record.writeUInt16LE(sender.length, 68);
  record.writeUInt16LE(file.length, 70);
  let at = fixedSize;
  at += record.write(sender, at, sender.length, 'latin1');
  at += record.write(file, at, file.length, 'latin1');
  if (inline) for (const address of recipients) at = writeAddress(record, at, address);
  record.writeUInt32LE(at, 4);
  if ('bytes' in body) {
    record.set(body.bytes, at);
    record.writeUInt32LE(crc32(body.bytes), 12);
  } else record.writeUInt32LE(body.checksum ?? 0, 12);
}

/** Gives an encoded message its id and its checksum. */
export function sealMessage(record: Buffer, id: number): void {
  record.writeDoubleLE(id, 16);
  record.writeUInt32LE(crc32(record.subarray(12, record.readUInt32LE(4))), 8);
}

/** The head of message `id`, or undefined when it is damaged. The body is not looked at. */
export function decodeMessage(record: Buffer, id: number): MessageRecord | undefined {
  if (record.length < fixedSize || record.readUInt32LE(0) !== magic) return undefined;
  const headLength = record.readUInt32LE(4);
  if (headLength < fixedSize || headLength > record.length || record.readDoubleLE(16) !== id) return undefined;
  if (record.readUInt32LE(8) !== crc32(record.subarray(12, headLength))) return undefined;
  const origin = origins[record[64] ?? 255];
  const form = forms[record[65] ?? 255];
  if (origin === undefined || form === undefined) return undefined;
  const flags = record[66] ?? 0;
  const senderEnd = fixedSize + record.readUInt16LE(68);
  const fileEnd = senderEnd + record.readUInt16LE(70);
  return {
    headLength,
    origin,
    form,
    uid: record.readUInt32LE(56),
    qp: record.readDoubleLE(48),
    birth: record.readDoubleLE(24),
    unixSize: record.readDoubleLE(32),
    bodySize: record.readDoubleLE(40),
    bodyChecksum: record.readUInt32LE(12),
    sender: record.toString('latin1', fixedSize, senderEnd),
    file: flags & flagFile ? record.toString('latin1', senderEnd, fileEnd) : undefined,
    fileHasChecksum: (flags & flagFileChecksum) !== 0,
    recipientCount: record.readUInt32LE(60),
    recipientsAt: flags & flagBlocks ? undefined : fileEnd,
    recordSize: record.length,
  };
}

/** The body, in memory of its own or as a file, or undefined when it is damaged. */
export function decodeBody(record: Buffer, head: MessageRecord): Body | undefined {
  const { form, file, bodySize, bodyChecksum } = head;
  if (file !== undefined) return { form, file, size: bodySize, ...(head.fileHasChecksum ? { checksum: bodyChecksum } : {}) };
  const stored = record.subarray(head.headLength);
  if (stored.length !== bodySize || crc32(stored) !== bodyChecksum) return undefined;
  const bytes = new Uint8Array(stored.length);
  bytes.set(stored);
  return { form, bytes };
}

/** Writes u16 length and octets; returns the offset behind them. */
export function writeAddress(record: Buffer, at: number, address: ByteString): number {
  record.writeUInt16LE(address.length, at);
  return at + 2 + record.write(address, at + 2, address.length, 'latin1');
}

/** Length of an address that can be kept. Throws RangeError above 65,535 octets (callers refuse above maxAddressLength). */
export function checkedLength(address: ByteString): number {
  if (address.length > 65_535) throw new RangeError(`address of ${address.length} octets`);
  return address.length;
}

function flagsOf(body: Body, inline: boolean): number {
  const file = 'file' in body ? flagFile | (body.checksum === undefined ? 0 : flagFileChecksum) : 0;
  return file | (inline ? 0 : flagBlocks);
}
