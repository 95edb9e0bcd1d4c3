/**
 * users/assign → the records of users/cdb (qmail-newu; spec local.md §1.1).
 * Pure: file text in, records or the first faulty line out; writing the file is the caller's.
 */

import { fromByteString, lowerCaseAscii } from './bytes.js';
import type { CdbRecord } from './cdb.js';
import type { ByteString } from './mail.js';

export type AssignRecords =
  | { readonly ok: true; readonly records: readonly CdbRecord[] }
  /** `line` counts from 1. */
  | { readonly ok: false; readonly line: number; readonly text: string };

interface AssignLine {
  readonly key: ByteString;
  readonly value: ByteString;
  /** Last character of a wildcard's prefix; empty for others. */
  readonly end: ByteString;
}

/** One line without its LF, or why it is none. */
function parseLine(line: ByteString): AssignLine | string {
  const kind = line[0];
  if (line.includes('\0')) return 'a NUL character is not allowed';
  const colon = line.indexOf(':');
  if (colon < 0) return 'there is no colon after the address';
  if (colon === 0) return 'there is no address before the colon';
  const local = lowerCaseAscii(line.slice(1, colon));
  const fields = line.slice(colon + 1).split(':');
  if (fields.length < 7) return 'six fields, each followed by a colon, are wanted after the address';
  const value = fields.slice(0, 6).join('\0');
  // qmail-newu takes any other first character for `=`.
  // The end of a wildcard is kept in the case of the file, so that one in upper case never counts: the table is qmail's.
  if (kind === '+') return { key: `!${local}`, value, end: line.slice(1, colon).slice(-1) };
  return { key: `!${local}\0`, value, end: '' };
}

/** All records of a users/assign text, ending with the set of wildcard ends under the empty key. */
export function assignToRecords(text: ByteString): AssignRecords {
  const records: CdbRecord[] = [];
  let ends = '';
  let number = 0;
  for (let at = 0; at < text.length; ) {
    number++;
    const found = text.indexOf('\n', at);
    const line = text.slice(at, found < 0 ? text.length : found);
    at = found < 0 ? text.length : found + 1;
    if (line[0] === '.') {
      records.push({ key: fromByteString(''), value: fromByteString(ends) });
      return { ok: true, records };
    }
    const parsed = parseLine(line);
    if (typeof parsed === 'string') return { ok: false, line: number, text: parsed };
    records.push({ key: fromByteString(parsed.key), value: fromByteString(parsed.value) });
    if (parsed.end !== '' && !ends.includes(parsed.end)) ends += parsed.end;
  }
  return { ok: false, line: number + 1, text: 'the final line with a single dot is missing' };
}
