/**
 * Where a remote delivery connects: artificial routes (smtproutes, qmtproutes), and which of a host's addresses
 * may be used and in which order (spec remote.md §3). Looks nothing up: names are resolved by the caller.
 */
import { lowerCaseAscii } from './bytes.js';
import { canonicalIPv6, canonicalIp, hostLiteral } from './ip-address.js';
import type { ByteString } from './mail.js';
import type { MapSetting, Settings } from './settings.js';

export const smtpPort = 25;
const qmtpPort = 209;

export type Route =
  /**
   * Connect to the addresses of `host` itself, without MX lookup and without the loop check.
   * Port 0 means that the file names no usable port: nothing can connect, so the mail is deferred.
   */
  | { readonly kind: 'relay'; readonly host: ByteString; readonly port: number }
  /** The same with QMTP (control/qmtproutes). */
  | { readonly kind: 'qmtp'; readonly host: ByteString; readonly port: number }
  /** Connect to the mail exchangers of `host`, or to the address that it is (`hostLiteral`), at port 25. */
  | { readonly kind: 'mx'; readonly host: ByteString };

/** The value of the first key that exists: whole host, its suffixes with their dots, the empty key. */
function lookUp(routes: MapSetting, host: ByteString): ByteString | undefined {
  if (Object.hasOwn(routes, host)) return routes[host];
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    const suffix = host.slice(dot);
    if (Object.hasOwn(routes, suffix)) return routes[suffix];
  }
  return Object.hasOwn(routes, '') ? routes[''] : undefined;
}

/** `relay`, `relay:port`, `[address]:port` or a bare IPv6 address. As in qmail the port is the digits after the colon. */
function splitRelay(value: ByteString, usualPort: number): { host: ByteString; port: number } {
  const bracket = value.startsWith('[') ? value.indexOf(']') : -1;
  const colon = canonicalIPv6(value) === undefined ? value.indexOf(':', bracket + 1) : -1;
  if (colon < 0) return { host: value, port: usualPort };
  const port = Number.parseInt(/^[0-9]+/.exec(value.slice(colon + 1))?.[0] ?? '0', 10);
  return { host: value.slice(0, colon), port: port <= 65535 ? port : 0 };
}

/** The route to a recipient's host (the text after the last `@`): QMTP routes count before SMTP routes. */
export function routeFor(host: ByteString, settings: Pick<Settings, 'smtproutes' | 'qmtproutes'>): Route {
  const key = lowerCaseAscii(host);
  const qmtp = relayOf(settings.qmtproutes, key, qmtpPort);
  if (qmtp !== undefined) return { kind: 'qmtp', ...qmtp };
  const smtp = relayOf(settings.smtproutes, key, smtpPort);
  return smtp === undefined ? { kind: 'mx', host } : { kind: 'relay', ...smtp };
}

/** Undefined without a route, and for one whose relay is empty: an exception to a broader one. */
function relayOf(routes: MapSetting, key: ByteString, usualPort: number): { host: ByteString; port: number } | undefined {
  const value = lookUp(routes, key);
  const relay = value === undefined ? undefined : splitRelay(value, usualPort);
  return relay?.host === '' ? undefined : relay;
}

/** Equal for routes that end at the same servers, so that one connection can serve them. */
export function sessionKey(route: Route): string {
  const host = hostLiteral(route.host) ?? lowerCaseAscii(route.host);
  return route.kind === 'mx' ? `mx ${host}` : `${route.kind} ${host} ${route.port}`;
}

export interface MailAddress {
  readonly address: string;
  /** Preference of the exchanger that the address belongs to; lower is tried earlier. */
  readonly preference: number;
}

/** What may be connected to, best first. `self`: there were addresses, but mail for them would come back here. */
export interface ChosenAddresses {
  readonly addresses: readonly string[];
  readonly self: boolean;
}

/** Most addresses that one delivery may try. */
const maxAddresses = 100;
/** Connecting to these reaches the own machine, whatever its interfaces are. */
const anyAddresses: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Orders candidates and leaves out every address that is not strictly better than this machine itself.
 * `own` holds the addresses of its interfaces; empty for a relay, where the rule is off. `random` gives
 * numbers from 0 to below 1 for the order among equals; without it the given order stays.
 */
export function chooseAddresses(
  candidates: readonly MailAddress[],
  own: ReadonlySet<string>,
  random?: () => number,
): ChosenAddresses {
  const lots = candidates.map(({ address, preference }) => ({
    address: canonicalIp(address) ?? address,
    preference,
    lot: random?.() ?? 0,
  }));
  lots.sort((a, b) => a.preference - b.preference || a.lot - b.lot);
  let limit = Number.POSITIVE_INFINITY;
  if (own.size > 0) {
    const mine = lots.find(({ address }) => own.has(address) || anyAddresses.has(address));
    limit = mine?.preference ?? limit;
  }
  const usable = new Set(lots.filter(({ preference }) => preference < limit).map(({ address }) => address));
  return { addresses: [...usable].slice(0, maxAddresses), self: usable.size === 0 && candidates.length > 0 };
}
