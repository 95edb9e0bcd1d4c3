/**
 * Between octets and ByteString: one UTF-16 unit an octet, so 8-bit text passes unchanged.
 * Pure and exact; text whose units exceed 255 has no place here (the high bits are dropped).
 */
import type { ByteString } from './mail.js';

/** The octets of a ByteString. */
export function octetsOf(text: ByteString): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** `bytes` from `from` up to `to` (exclusive) as a ByteString. */
export function textOf(bytes: Uint8Array, from = 0, to = bytes.length): ByteString {
  let text = '';
  // Argument lists are limited by the stack, hence the pieces.
  for (let i = from; i < to; i += 4096) {
    text += String.fromCharCode.apply(null, bytes.subarray(i, Math.min(to, i + 4096)) as unknown as number[]);
  }
  return text;
}

/** Lower case of A to Z only: what mail programs compare by, whatever the locale (qmail's case_lower). */
export function lowerAscii(text: ByteString): ByteString {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
