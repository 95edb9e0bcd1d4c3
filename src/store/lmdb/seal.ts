/**
 * The frame of every small record: a checksum, what the record is, and whose it is, so that a
 * page that was damaged, or stands under a wrong key, is never taken for what it is not.
 *
 *   u32 CRC-32 of the rest | u8 kind | 3 zero octets | f64 message id | u32 part | payload
 */
import { crc32 } from 'node:zlib';

const kinds = { recipients: 1, routed: 2, state: 3, done: 4, bounce: 5, file: 6, meta: 7 } as const;
export type SealedKind = keyof typeof kinds;

/** Octets before the payload. */
export const sealSize = 20;

/** A record with `size` octets of payload to be filled in from `sealSize` on; `seal` completes it. */
export function newRecord(kind: SealedKind, id: number, part: number, size: number): Buffer {
  const record = Buffer.allocUnsafe(sealSize + size);
  record.writeUInt32LE(kinds[kind], 4);
  record.writeDoubleLE(id, 8);
  record.writeUInt32LE(part, 16);
  return record;
}

/** Writes the checksum; the record must not be changed afterwards. */
export function seal(record: Buffer): Buffer {
  record.writeUInt32LE(crc32(record.subarray(4)), 0);
  return record;
}

/** Whether `record` is whole and is what its key says. */
export function isSealed(record: Buffer, kind: SealedKind, id: number, part: number): boolean {
  return (
    record.length >= sealSize &&
    record.readUInt32LE(4) === kinds[kind] &&
    record.readDoubleLE(8) === id &&
    record.readUInt32LE(16) === part &&
    record.readUInt32LE(0) === crc32(record.subarray(4))
  );
}
