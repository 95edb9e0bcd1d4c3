/**
 * What qmail-inject makes of one address (spec inject.md §4): route dropped, host completed. Pure, on tokens.
 */
import type { ByteString } from '../mail.js';
import type { Address } from './address-list.js';
import { parseTokens, type Token } from './tokens.js';

/** Hosts that complete addresses. */
export interface RewriteHosts {
  readonly defaulthost: ByteString;
  readonly defaultdomain: ByteString;
  readonly plusdomain: ByteString;
}

export type Rewrite = (address: Address) => Address;

/** Makes the rewriting for these hosts, or tells the text that cannot be a host. */
export function rewriter(hosts: RewriteHosts): Rewrite | { readonly wrong: ByteString } {
  const texts = [`@${hosts.defaulthost}`, `.${hosts.defaultdomain}`, `.${hosts.plusdomain}`] as const;
  const [defaultHost, defaultDomain, plusDomain] = texts.map(parseTokens);
  if (defaultDomain === undefined) return { wrong: texts[1] };
  if (defaultHost === undefined) return { wrong: texts[0] };
  if (plusDomain === undefined) return { wrong: texts[2] };
  return (address) => {
    if (address.length === 0 || isListSender(address)) return address;
    let result = withoutTrailing(withoutTrailing(withoutRoute(address), '.'), '@');
    if (result.length === 0) return result;
    if (!result.some(({ kind }) => kind === '@')) result = [...result, ...defaultHost];
    result = withPlus(result, plusDomain);
    return hostIsComplete(result) ? result : [...result, ...defaultDomain];
  };
}

/** `name@[]` is no address of a mailbox but a sign to the queue. */
function isListSender(address: Address): boolean {
  const last = address.at(-1);
  return last?.kind === 'literal' && last.text === '' && address.at(-2)?.kind === '@';
}

function withoutRoute(address: Address): Address {
  if (address[0]?.kind !== '@') return address;
  const colon = address.findIndex(({ kind }) => kind === ':');
  return colon < 0 ? [] : address.slice(colon + 1);
}

function withoutTrailing(address: Address, kind: Token['kind']): Address {
  return address.at(-1)?.kind === kind ? address.slice(0, -1) : address;
}

function withPlus(address: Address, plusDomain: readonly Token[]): Address {
  const last = address.at(-1);
  if (last?.kind !== 'atom' || !last.text.endsWith('+')) return address;
  return [...address.slice(0, -1), { kind: 'atom', text: last.text.slice(0, -1) }, ...plusDomain];
}

function hostIsComplete(address: Address): boolean {
  for (const { kind } of address.toReversed()) {
    if (kind === '@') return false;
    if (kind === '.' || kind === 'literal') return true;
  }
  return false;
}
