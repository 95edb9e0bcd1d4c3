/**
 * Octets and byte strings: the conversions and searches that the protocol code needs.
 * Works on Uint8Array alone, so that it runs where no Buffer exists; never keeps what it is given.
 */
import type { ByteString } from './mail.js';

export const CR = 13;
export const LF = 10;
export const DOT = 46;

/** Most arguments handed to one call; far below every engine's limit. */
const piece = 4096;
/** Up to this length eight octets a call beat one call with a view (measured: a command line in a third of the time). */
const short = 96;

/** The octets `from` (inclusive) to `to` (exclusive) as a byte string. */
export function toByteString(bytes: Uint8Array, from = 0, to = bytes.length): ByteString {
  if (to - from <= short) return shortString(bytes, from, to);
  if (to - from <= piece) return String.fromCharCode.apply(null, bytes.subarray(from, to) as unknown as number[]);
  let text = '';
  for (let at = from; at < to; at += piece) text += toByteString(bytes, at, Math.min(at + piece, to));
  return text;
}

function shortString(bytes: Uint8Array, from: number, to: number): ByteString {
  let text = '';
  let i = from;
  for (; i + 8 <= to; i += 8) {
    text += String.fromCharCode(
      bytes[i] as number,
      bytes[i + 1] as number,
      bytes[i + 2] as number,
      bytes[i + 3] as number,
      bytes[i + 4] as number,
      bytes[i + 5] as number,
      bytes[i + 6] as number,
      bytes[i + 7] as number,
    );
  }
  for (; i < to; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

/** Writes a byte string into `into` from index `at` on; answers the index after it. The room must be there. */
function writeByteString(into: Uint8Array, at: number, text: ByteString): number {
  const length = text.length;
  for (let i = 0; i < length; i++) into[at + i] = text.charCodeAt(i);
  return at + length;
}

/** A new array with the octets of a byte string. */
export function fromByteString(text: ByteString): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeByteString(bytes, 0, text);
  return bytes;
}

/** Index of the first `value` at or after `from`, or -1. A loop: for the short distances of command lines it beats a native call. */
export function indexOfByte(bytes: Uint8Array, value: number, from = 0): number {
  const length = bytes.length;
  for (let i = from; i < length; i++) if (bytes[i] === value) return i;
  return -1;
}

/**
 * The octets from index `from` on in memory of their own. Not `slice`: where a Buffer stands for the array, that is a
 * view, and a read buffer that is used again would change what was kept.
 */
export function copyOf(bytes: Uint8Array, from = 0): Uint8Array {
  return new Uint8Array(from === 0 ? bytes : bytes.subarray(from));
}

/** All pieces in one new array. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const one of pieces) length += one.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const one of pieces) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

/** A to Z alone become lower case; octets above 127 stay as they are (toLowerCase would change latin1 letters). */
export function lowerCaseAscii(text: ByteString): ByteString {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}
