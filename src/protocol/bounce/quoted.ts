/**
 * Addresses as bounce headers show them: the local part in quotes where RFC 821 asks for it.
 * Unlike in SMTP commands, a local part without host is quoted too (seen in qmail's bounces).
 */
import type { ByteString } from '../mail.js';

/** Words of RFC 5321 atoms with single dots between them: needs no quotes. */
const dotString = /^[!#-'*+\-/-9=?A-Z^-~]+(?:\.[!#-'*+\-/-9=?A-Z^-~]+)*$/;

/** A local part in quotes where it needs them; the empty one becomes `""`. */
export function quotedLocal(local: ByteString): ByteString {
  return dotString.test(local) ? local : `"${local.replace(/[\r\n"\\]/g, '\\$&')}"`;
}

/** An address with its local part quoted where needed; the empty address stays empty. */
export function quotedAddress(address: ByteString): ByteString {
  if (address === '') return '';
  const at = address.lastIndexOf('@');
  return at < 0 ? quotedLocal(address) : quotedLocal(address.slice(0, at)) + address.slice(at);
}
