/**
 * Lower case of A to Z alone, as qmail compares host names and list keys.
 * Octets above 127 stay as they are: String.toLowerCase would change latin1 letters
 * and so damage UTF-8 bytes.
 */
import type { ByteString } from './mail.js';

const upper = /[A-Z]/;
const uppers = /[A-Z]+/g;

/** The text with the 26 letters in lower case; the same string when there is nothing to do. */
export function lowerAscii(text: ByteString): ByteString {
  return upper.test(text) ? text.replace(uppers, (run) => run.toLowerCase()) : text;
}
