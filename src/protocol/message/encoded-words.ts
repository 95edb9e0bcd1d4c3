/**
 * Words like `=?utf-8?q?caf=C3=A9?=` in header fields (RFC 2047), put back into text.
 * Pure: what a character set's octets mean is asked of the caller.
 */
import type { ByteString } from '../mail.js';
import { base64Octets, quotedOctets } from './transfer-encoding.js';

/** Text of a field's value. `decode` makes text of the octets of a character set, and of raw octets with set ''. */
export function decodeWords(value: ByteString, decode: (octets: ByteString, charset: string) => string): string {
  let text = '';
  let at = 0;
  let afterWord = false;
  for (const found of value.matchAll(/=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?\s]*)\?=/g)) {
    const [whole, charset = '', kind = '', content = ''] = found;
    const between = value.slice(at, found.index);
    // RFC 2047 §6.2: white space between two words is only there to fold the line.
    if (!afterWord || between.trim() !== '') text += decode(between, '');
    const octets = kind.toLowerCase() === 'b' ? base64Octets(content) : quotedOctets(content.replaceAll('_', ' '));
    text += decode(octets, charset.toLowerCase());
    at = found.index + whole.length;
    afterWord = true;
  }
  return text + decode(value.slice(at), '');
}
