/**
 * Addresses as SMTP commands carry them: out of a MAIL or RCPT argument, and back into one.
 * Lenient exactly as qmail is (spec smtpd.md §2.3); says nothing about whether mail may go there.
 */
import type { ByteString } from './mail.js';

/** Longest address, in octets, that MAIL and RCPT take: qmail's 900 with the NUL (spec smtpd.md §2.3). */
export const maxCommandAddress = 899;

export interface ParsedAddress {
  /** Unquoted, without source route. */
  readonly address: ByteString;
  /** What follows the closing `>` or the space that ended the address: ESMTP parameters. */
  readonly rest: ByteString;
}

/** Where the address begins and which octet ends it. */
function addressStart(argument: ByteString): { at: number; terminator: string } {
  const bracket = argument.indexOf('<');
  if (bracket >= 0) return { at: bracket + 1, terminator: '>' };
  const colon = argument.indexOf(':');
  let at = colon < 0 ? argument.length : colon + 1;
  while (argument[at] === ' ') at++;
  return { at, terminator: ' ' };
}

/**
 * Takes the address out of an argument such as `FROM:<a@b> SIZE=5`; `<` may be missing, and a missing `>`
 * is no error. Quotes and backslashes are resolved, a source route is dropped.
 */
export function parseAddressArgument(argument: ByteString): ParsedAddress {
  let { at, terminator } = addressStart(argument);
  if (argument[at] === '@') {
    const colon = argument.indexOf(':', at);
    at = colon < 0 ? argument.length : colon + 1;
  }
  const end = argument.indexOf(terminator, at);
  const plain = argument.slice(at, end < 0 ? argument.length : end);
  if (!plain.includes('\\') && !plain.includes('"')) {
    return { address: plain, rest: end < 0 ? '' : argument.slice(end + 1) };
  }
  return unquote(argument, at, terminator);
}

function unquote(argument: ByteString, from: number, terminator: string): ParsedAddress {
  let address = '';
  let quoted = false;
  for (let at = from; at < argument.length; at++) {
    const octet = argument[at] as string;
    if (octet === '\\') address += argument[++at] ?? '';
    else if (octet === '"') quoted = !quoted;
    else if (octet === terminator && !quoted) return { address, rest: argument.slice(at + 1) };
    else address += octet;
  }
  return { address, rest: '' };
}

/** The parts before and after the last `@`; `domain` is undefined where there is no `@`. */
export function splitAddress(address: ByteString): { readonly local: ByteString; readonly domain: ByteString | undefined } {
  const at = address.lastIndexOf('@');
  if (at < 0) return { local: address, domain: undefined };
  return { local: address.slice(0, at), domain: address.slice(at + 1) };
}

/** RFC 5321 §4.1.2: a dot-string, which needs no quotes. */
const dotString = /^[!#-'*+\-/-9=?A-Z^-~]+(?:\.[!#-'*+\-/-9=?A-Z^-~]+)*$/;

/** The local part, in quotes where RFC 5321 asks for them. */
export function quoteLocalPart(local: ByteString): ByteString {
  if (dotString.test(local)) return local;
  return `"${local.replace(/[\r\n"\\]/g, '\\$&')}"`;
}

/**
 * An address as header lines carry it between `<` and `>`: the local part in quotes where they are needed, also one that
 * has no host; domain verbatim; the empty address stays empty.
 */
export function quoteAddress(address: ByteString): ByteString {
  if (address === '') return '';
  const at = address.lastIndexOf('@');
  return at < 0 ? quoteLocalPart(address) : quoteLocalPart(address.slice(0, at)) + address.slice(at);
}

/** An address as MAIL and RCPT carry it: as in a header, but without `@` nothing is changed (spec remote.md §5). */
export function commandAddress(address: ByteString): ByteString {
  return address.includes('@') ? quoteAddress(address) : address;
}

/** True when no quoting makes the address fit into a command line: a line end or a NUL in it would start a new command. */
export function unsendable(address: ByteString): boolean {
  return /[\0\r\n]/.test(address);
}

/**
 * `user@[this host]` becomes `user@localiphost` (spec smtpd.md §2.3 step 4). `isOwn` tells whether an IPv4 address,
 * written in dotted form without leading zeros, belongs to this host.
 */
export function replaceOwnLiteral(address: ByteString, localiphost: ByteString, isOwn: (ip: string) => boolean): ByteString {
  const at = address.lastIndexOf('@');
  if (at < 0 || address[at + 1] !== '[') return address;
  const found = /^\[(\d+)\.(\d+)\.(\d+)\.(\d+)\]$/.exec(address.slice(at + 1));
  if (!found) return address;
  const ip = found
    .slice(1)
    .map((part) => BigInt(part) % 256n)
    .join('.');
  return isOwn(ip) ? address.slice(0, at + 1) + localiphost : address;
}
