/**
 * The beginning of a message for a bounce that may not carry all of it: whole lines, then one that says so. Pure; the
 * original is not changed.
 */
import { concatBytes, LF } from '../bytes.js';
import type { BodyForm } from '../mail.js';
import { wireToUnix } from '../smtp/data.js';
import { prefixBytes } from './prefix-bytes.js';

/** The words of the bouncemaxbytes patch, which readers of bounces know. */
const stripped = '\n--- End of message stripped.\n';

export interface Beginning {
  readonly form: BodyForm;
  readonly bytes: Uint8Array;
  /** With LF line ends and single dots. */
  readonly unixSize: number;
}

/** `bytes` are the first octets of a message; of a line that they do not hold to its end nothing is kept. */
export function beginningOf(bytes: Uint8Array, form: BodyForm): Beginning {
  const lines = bytes.subarray(0, bytes.lastIndexOf(LF) + 1);
  const kept = concatBytes([lines, prefixBytes(stripped, form)]);
  return { form, bytes: kept, unixSize: form === 'unix' ? kept.length : wireToUnix(kept).length };
}
