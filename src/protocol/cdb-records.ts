/**
 * All records of a cdb file in their order, for programs that print one. Pure.
 */
import type { CdbRecord } from './cdb.js';

const headerSize = 2048;

/** Views of the file; undefined when it contradicts itself or ends too early. */
export function cdbRecords(file: Uint8Array): CdbRecord[] | undefined {
  if (file.length < headerSize) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  // The tables come after the records; the first of them begins where the records end.
  const end = view.getUint32(0, true);
  if (end < headerSize || end > file.length) return undefined;
  const records: CdbRecord[] = [];
  for (let at = headerSize; at < end; ) {
    if (at + 8 > end) return undefined;
    const keyEnd = at + 8 + view.getUint32(at, true);
    const valueEnd = keyEnd + view.getUint32(at + 4, true);
    if (valueEnd > end) return undefined;
    records.push({ key: file.subarray(at + 8, keyEnd), value: file.subarray(keyEnd, valueEnd) });
    at = valueEnd;
  }
  return records;
}
