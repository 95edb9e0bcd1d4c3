/**
 * Text of ours in front of a message, as octets in the form of that message's body (mail.ts BodyForm).
 * The text may hold odd octets out of reports: in wire form nothing but CR LF ends a line, so a lone
 * CR of the text becomes a blank there.
 */
import { CR, DOT, LF } from '../bytes.js';
import type { BodyForm, ByteString } from '../mail.js';

/** Octets of `text` (lines end LF) with the line ends and the dots of `form`. */
export function prefixBytes(text: ByteString, form: BodyForm): Uint8Array {
  // Each unit becomes at most two octets: LF grows a CR, a leading dot is doubled.
  const bytes = new Uint8Array(form === 'wire' ? text.length * 2 : text.length);
  let length = 0;
  let lineStart = true;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (form === 'wire') {
      if (unit === LF) bytes[length++] = CR;
      else if (unit === DOT && lineStart) bytes[length++] = DOT;
      lineStart = unit === LF;
    }
    // A bare CR, which a program may have said, would keep the bounce from going over SMTP.
    bytes[length++] = unit === CR ? 32 : unit;
  }
  return bytes.slice(0, length);
}
