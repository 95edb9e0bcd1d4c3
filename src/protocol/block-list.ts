/**
 * DNS block and allow lists (RFC 5782; spec companions.md §1.3): which name is asked for a client, what an answer means,
 * which words the client reads. Asks nobody.
 */

import { reversedLabels } from './ident.js';
import { canonicalIp, ipv6Groups } from './ip-address.js';
import type { ByteString } from './mail.js';

/** One list. `by` is the record that lists: TXT as rblsmtpd asks, or A, with TXT for the words alone. */
export interface ListSource {
  readonly kind: 'block' | 'allow';
  readonly zone: string;
  readonly by: 'TXT' | 'A';
}

/** Who is blocked is told so at each recipient: 451 try again, or 553 never. */
export interface Block {
  readonly code: 451 | 553;
  readonly text: ByteString;
}

export const lookupFailed: Block = { code: 451, text: 'temporary RBL lookup error' };

const longestText = 200;

/** Undefined for what is no address. */
export function listName(ip: string, zone: string): string | undefined {
  const address = canonicalIp(ip);
  return address === undefined ? undefined : `${reversedLabels(address, ipv6Groups(address))}.${zone}`;
}

/** RFC 5782 §2.1: only answers within 127.0.0.0/8 list; 127.255.255.x is how lists say that the question was wrong. */
export function lists(addresses: readonly string[]): 'listed' | 'clear' | 'misused' {
  if (addresses.some((address) => address.startsWith('127.255.255.'))) return 'misused';
  return addresses.some((address) => address.startsWith('127.')) ? 'listed' : 'clear';
}

/** Text that may stand in a reply line. */
function replyText(text: ByteString): ByteString {
  return text.slice(0, longestText).replace(/[^\x20-\x7e]/g, '?');
}

/**
 * What $RBLSMTPD orders: undefined when it is not set, `pass` when it is empty, else a block. A `-` in front makes it
 * permanent, as `hard` does.
 */
export function ordered(variable: ByteString | undefined, hard: boolean): Block | 'pass' | undefined {
  if (variable === undefined) return undefined;
  if (variable === '') return 'pass';
  return variable.startsWith('-') ? blockOf(variable.slice(1), true) : blockOf(variable, hard);
}

export function blockOf(text: ByteString, hard: boolean): Block {
  return { code: hard ? 553 : 451, text: replyText(text) };
}

/** Zone names as options give them: letters, digits, hyphens, underscores and dots. */
export function isZone(text: string): boolean {
  return text.length <= 180 && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(text);
}
