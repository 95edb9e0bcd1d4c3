/**
 * `address:port` as control files write it: `127.0.0.1:2525`, `[::1]:2525`.
 * Addresses only, no host names: a listener or a name server must not need a lookup.
 */
import { canonicalIPv4, canonicalIPv6 } from './ip-address.js';

export interface Endpoint {
  readonly address: string;
  /** 0 to 65535; undefined when the text has none. */
  readonly port: number | undefined;
}

export type EndpointResult = Endpoint | { readonly wrong: string };

function parsePort(text: string): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65535 ? port : undefined;
}

/** Splits the text at its port; IPv6 must stand in brackets. `wrong` says what to write instead. */
export function parseEndpoint(text: string): EndpointResult {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(text);
  if (match === null) return { wrong: 'is not address:port; an IPv6 address stands in brackets, as [::1]:2525' };
  const [, host = '', portText] = match;
  const address = host.startsWith('[') ? canonicalIPv6(host.slice(1, -1)) : canonicalIPv4(host);
  if (address === undefined) {
    return { wrong: 'has no IP address; write one such as 127.0.0.1, 0.0.0.0 or [::1], not a host name' };
  }
  if (portText === undefined) return { address, port: undefined };
  const port = parsePort(portText);
  return port === undefined ? { wrong: 'has a port that is not a number from 0 to 65535' } : { address, port };
}
