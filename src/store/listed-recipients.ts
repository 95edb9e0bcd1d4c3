/**
 * Recipients that a file or a cdb lists (control/recipients), kept in memory and read again when the file changes.
 */
import { resolve } from 'node:path';
import { fromByteString } from '../protocol/bytes.js';
import { cdbGet } from '../protocol/cdb.js';
import type { ByteString } from '../protocol/mail.js';
import { recipientList } from '../protocol/recipient-check.js';
import { ParsedFile } from './parsed-file.js';

const lookMs = 1_000;

type Listed = (key: ByteString) => boolean;

/** A function that says whether a key is listed; it throws, naming the file, when that cannot be told. */
export function listedRecipients(home: string, name: string, kind: 'file' | 'cdb', clock: () => number): Listed {
  const every = { ms: lookMs, clock };
  const parse = (bytes: Uint8Array): Listed => (kind === 'cdb' ? inCdb(bytes, name) : inList(bytes));
  const file = new ParsedFile<Listed>(resolve(home, name), parse, every);
  return (key) => {
    const listed = file.current();
    if (listed === undefined) throw new Error(`${name} does not exist`);
    return listed(key);
  };
}

function inList(bytes: Uint8Array): Listed {
  const entries = new Set(recipientList(Buffer.from(bytes).toString('latin1')));
  return (key) => entries.has(key);
}

function inCdb(bytes: Uint8Array, name: string): Listed {
  return (key) => {
    const answer = cdbGet(bytes, fromByteString(key));
    if (answer.tag === 'damaged') throw new Error(`${name} is damaged; make it anew with tqmail cdb`);
    return answer.tag === 'found';
  };
}
