/**
 * Constant databases (cdb): the file format of users/cdb, tcprules and mail address tables.
 * Reading is over bytes that the caller holds; nothing here opens a file. A damaged file is
 * an answer, not an exception, because a delivery has to be deferred then.
 */

/** What a lookup finds. `damaged`: the file contradicts itself or ends too early. */
export type CdbAnswer =
  | { readonly tag: 'found'; readonly value: Uint8Array }
  | { readonly tag: 'none' }
  | { readonly tag: 'damaged' };

const headerSize = 2048;
const none: CdbAnswer = { tag: 'none' };
const damaged: CdbAnswer = { tag: 'damaged' };

/** The hash of the format: starts at 5381; for each octet h = (h * 33) xor octet, modulo 2^32. */
export function cdbHash(key: Uint8Array): number {
  let h = 5381;
  for (let i = 0; i < key.length; i++) h = (((h << 5) + h) ^ (key[i] as number)) >>> 0;
  return h;
}

function sameAt(bytes: Uint8Array, at: number, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[at + i] !== key[i]) return false;
  return true;
}

/** The record at `at` when its key is `key`; undefined when it has another key. */
function recordAt(view: DataView, bytes: Uint8Array, at: number, key: Uint8Array): CdbAnswer | undefined {
  if (at < headerSize || at + 8 > bytes.length) return damaged;
  const keyLength = view.getUint32(at, true);
  const valueLength = view.getUint32(at + 4, true);
  if (at + 8 + keyLength + valueLength > bytes.length) return damaged;
  if (keyLength !== key.length || !sameAt(bytes, at + 8, key)) return undefined;
  const start = at + 8 + keyLength;
  return { tag: 'found', value: bytes.subarray(start, start + valueLength) };
}

/** The first record with this key. Takes a whole cdb file; the value is a view of it. */
export function cdbGet(file: Uint8Array, key: Uint8Array): CdbAnswer {
  if (file.length < headerSize) return damaged;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const hash = cdbHash(key);
  const table = view.getUint32((hash & 255) * 8, true);
  const slots = view.getUint32((hash & 255) * 8 + 4, true);
  if (slots === 0) return none;
  if (table + slots * 8 > file.length) return damaged;
  for (let probe = 0, slot = (hash >>> 8) % slots; probe < slots; probe++, slot = (slot + 1) % slots) {
    const at = view.getUint32(table + slot * 8 + 4, true);
    if (at === 0) return none;
    if (view.getUint32(table + slot * 8, true) !== hash) continue;
    const answer = recordAt(view, file, at, key);
    if (answer !== undefined) return answer;
  }
  return none;
}

export interface CdbRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface Placed {
  readonly hash: number;
  readonly at: number;
}

/** Fills the hash table of one of the 256 buckets; two slots a record, as the format wants. */
function writeTable(view: DataView, at: number, entries: readonly Placed[]): number {
  const slots = entries.length * 2;
  for (const entry of entries) {
    let slot = (entry.hash >>> 8) % slots;
    while (view.getUint32(at + slot * 8 + 4, true) !== 0) slot = (slot + 1) % slots;
    view.setUint32(at + slot * 8, entry.hash, true);
    view.setUint32(at + slot * 8 + 4, entry.at, true);
  }
  return at + slots * 8;
}

/** A cdb file with these records in their order; of equal keys the first is found. Throws RangeError beyond 4 GiB. */
export function cdbWrite(records: readonly CdbRecord[]): Uint8Array {
  let size = headerSize;
  for (const { key, value } of records) size += 8 + key.length + value.length + 16;
  if (size > 0xffffffff) throw new RangeError('a cdb file cannot be larger than 4 GiB');
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  const buckets: Placed[][] = Array.from({ length: 256 }, () => []);
  let at = headerSize;
  for (const { key, value } of records) {
    const hash = cdbHash(key);
    buckets[hash & 255]?.push({ hash, at });
    view.setUint32(at, key.length, true);
    view.setUint32(at + 4, value.length, true);
    file.set(key, at + 8);
    file.set(value, at + 8 + key.length);
    at += 8 + key.length + value.length;
  }
  buckets.forEach((entries, index) => {
    view.setUint32(index * 8, at, true);
    view.setUint32(index * 8 + 4, entries.length * 2, true);
    at = writeTable(view, at, entries);
  });
  return file;
}
