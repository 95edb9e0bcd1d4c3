/**
 * The answer of an ident server (RFC 1413) as tcp-env takes it: the text behind the third colon without blanks. Who it
 * names is what the other side says, never proof. Pure.
 */
import type { ByteString } from './mail.js';

/** Octets of an answer that count. */
export const longestIdentAnswer = 998;

export const identQuestion = (remotePort: number, localPort: number): ByteString => `${remotePort} , ${localPort}\r\n`;

/** Empty for an answer that names nobody. `line` ends before its LF. */
export function identName(line: ByteString): ByteString {
  const parts = line.split(':');
  return parts
    .slice(3)
    .join(':')
    .replace(/[ \t\r\0]/g, '');
}

/** What stands in front of the zone in names made of an address: octets, or hexadecimal digits, from the last. */
export function reversedLabels(address: string, groups: readonly number[] | undefined): string {
  if (groups === undefined) return address.split('.').reverse().join('.');
  const digits = groups.map((group) => group.toString(16).padStart(4, '0')).join('');
  return [...digits].reverse().join('.');
}

/** The name under which the DNS keeps the host name of a canonical address (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(address: string, groups: readonly number[] | undefined): string {
  return `${reversedLabels(address, groups)}.${groups === undefined ? 'in-addr' : 'ip6'}.arpa`;
}
