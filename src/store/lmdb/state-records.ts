/**
 * The remaining small records: due times of a preprocessed message (S5), bounce paragraphs,
 * names of body files, and facts about the queue. Encodes and decodes; it knows no database.
 */
import type { ByteString, Channel } from '../../protocol/mail.js';
import { newRecord, seal, sealSize } from './seal.js';

/** Next tries in seconds since 1970; undefined when a channel has nothing left to deliver. */
export type DueTimes = { -readonly [C in Channel]: number | undefined };

/** Two f64: local, remote; NaN means none. */
export function encodeState(id: number, due: DueTimes): Buffer {
  const record = newRecord('state', id, 0, 16);
  record.writeDoubleLE(due.local ?? Number.NaN, sealSize);
  record.writeDoubleLE(due.remote ?? Number.NaN, sealSize + 8);
  return seal(record);
}

export function decodeState(record: Buffer): DueTimes {
  const local = record.readDoubleLE(sealSize);
  const remote = record.readDoubleLE(sealSize + 8);
  return { local: Number.isNaN(local) ? undefined : local, remote: Number.isNaN(remote) ? undefined : remote };
}

export function encodeText(kind: 'bounce' | 'meta', id: number, part: number, text: ByteString): Buffer {
  const record = newRecord(kind, id, part, text.length);
  record.write(text, sealSize, text.length, 'latin1');
  return seal(record);
}

export function decodeText(record: Buffer): ByteString {
  return record.toString('latin1', sealSize);
}

/** A body file belongs to message `id`; the payload is its size. */
export function encodeFile(id: number, size: number): Buffer {
  const record = newRecord('file', id, 0, 8);
  record.writeDoubleLE(size, sealSize);
  return seal(record);
}
