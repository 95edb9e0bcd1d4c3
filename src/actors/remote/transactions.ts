/**
 * What a connection is given to send: one message for one host, its body from memory or from a file.
 * Opens the file; sends nothing.
 */
import { isAscii } from 'node:buffer';
import type { BodyForm, Envelope, Outcome } from '../../protocol/mail.js';
import { WireToUnix } from '../../protocol/smtp/data.js';
import type { Transaction } from '../../protocol/smtp/session.js';
import { type BodySource, openBody } from './body-file.js';

/** `body` is in wire form. */
export function transactionOf({ sender, recipients }: Envelope, body: Uint8Array): Transaction {
  // A Buffer's search for NUL is many times faster than a plain array's, and the session searches.
  const bytes = body instanceof Buffer ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
  return { sender, recipients, body: [bytes], size: bytes.length, eightBit: !isAscii(bytes) };
}

export interface FileTransaction {
  readonly transaction: Transaction;
  /** The rest of the body; the connection that runs the transaction closes it. */
  readonly source: BodySource;
}

/** `measured`: the protocol wants the exact length before the first octet, so the file is read twice. An outcome when it cannot be sent. */
export async function fileTransaction(
  { sender, recipients }: Envelope,
  path: string,
  form: BodyForm,
  measured: boolean,
): Promise<FileTransaction | Outcome> {
  const unixSize = measured ? await measure(path, form) : undefined;
  if (typeof unixSize === 'object') return unixSize;
  const opened = await openBody(path, form);
  if ('status' in opened) return opened;
  const { first, rest, size } = opened;
  // Only the beginning is looked at: qmail declares nothing, and all of a large file would have to be read twice.
  const base = { sender, recipients, body: [first], size, eightBit: !isAscii(first), streamed: true };
  return { transaction: unixSize === undefined ? base : { ...base, unixSize }, source: rest };
}

/** Octets of the body with LF line ends, as it will be after the way through the wire form. */
async function measure(path: string, form: BodyForm): Promise<number | Outcome> {
  const opened = await openBody(path, form);
  if ('status' in opened) return opened;
  const conversion = new WireToUnix();
  let size = conversion.push(opened.first).length;
  try {
    for (;;) {
      const piece = await opened.rest.next();
      if (piece === undefined) return size + conversion.end().length;
      if ('status' in piece) return piece;
      size += conversion.push(piece).length;
    }
  } finally {
    opened.rest.close();
  }
}
