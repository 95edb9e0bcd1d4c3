/**
 * Content-Transfer-Encodings undone (RFC 2045 §6): base64 and quoted-printable. What does not belong there is left out
 * or left as it is; nothing is refused, for this is for looking at mail.
 */
import { toByteString } from '../bytes.js';
import type { ByteString } from '../mail.js';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Int16Array(256).fill(-1);
for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;

export function base64Octets(text: ByteString): ByteString {
  let [bits, held] = [0, 0];
  const octets = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3d) break;
    const value = values[code] ?? -1;
    if (value < 0) continue;
    bits = (bits << 6) | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    octets[length++] = (bits >> held) & 255;
    bits &= (1 << held) - 1;
  }
  return toByteString(octets, 0, length);
}

export function quotedOctets(text: ByteString): ByteString {
  return (
    text
      // Each run of blanks is looked at once, however long it is.
      .replace(/(?<![ \t])[ \t]+(?=\r?\n|$)/g, '')
      .replace(/=\r?\n/g, '')
      .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  );
}
