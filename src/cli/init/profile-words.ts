/**
 * The words of `tqmail init` that belong to a profile, checked: each is what it must be, and nothing the profile needs is
 * missing. Throws Error with one line for people.
 */
import { canonicalIPv6 } from '../../protocol/ip-address.js';
import { wrongFqdn } from './control-files.js';
import { profiles } from './profiles.js';

export interface ProfileChoice {
  readonly name: string;
  readonly relay: string;
  readonly routes: readonly string[];
  readonly lan: readonly string[];
  readonly domains: readonly string[];
}

export interface ProfileOptions {
  readonly profile?: string;
  readonly relay?: string;
  readonly route?: readonly string[];
  readonly lan?: readonly string[];
  readonly domain?: readonly string[];
}

export const profileOptions = {
  profile: { type: 'string' },
  relay: { type: 'string' },
  route: { type: 'string', multiple: true },
  lan: { type: 'string', multiple: true },
  domain: { type: 'string', multiple: true },
} as const;

const options = { relay: '--relay HOST', lan: '--lan 192.168.1.', domains: '--domain NAME', routes: '--route DOMAIN:HOST' };
const relayForm = /^(?:\[[0-9a-f.:]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;
const prefixForm = /^(?:\d{1,3}\.){1,3}$|^(?:[0-9a-f]{1,4}:){1,7}$/i;

/** Undefined when no profile was asked for. */
export function profileChoice(given: ProfileOptions): ProfileChoice | undefined {
  const { profile, relay = '', route: routes = [], lan = [], domain = [] } = given;
  if (profile === undefined) {
    if (relay !== '' || routes.length > 0 || lan.length > 0 || domain.length > 0) throw new Error(`give --profile ${names}`);
    return undefined;
  }
  const found = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
  if (found === undefined) throw new Error(`--profile ${profile} is unknown; there are ${names}`);
  const choice = { name: profile, relay, routes, lan, domains: domain.map((name) => name.toLowerCase()) };
  for (const need of found.needs) if (choice[need].length === 0) throw new Error(`--profile ${profile} needs ${options[need]}`);
  check(choice);
  return choice;
}

const names = Object.keys(profiles).join(', ');

function check({ relay, routes, lan, domains }: ProfileChoice): void {
  if (relay !== '' && !relayForm.test(relay)) throw new Error(`--relay ${relay} is not host, host:port or [address]:port`);
  for (const route of routes) {
    const colon = route.indexOf(':');
    const wrong = colon < 1 || wrongFqdn(route.slice(0, colon).replace(/^\./, '')) !== undefined;
    if (wrong || !relayForm.test(route.slice(colon + 1))) throw new Error(`--route ${route} is not DOMAIN:HOST[:PORT]`);
  }
  for (const prefix of lan) {
    if (!prefixForm.test(prefix) || canonicalIPv6(prefix) !== undefined) {
      throw new Error(`--lan ${prefix} is not the beginning of an address, as 192.168.1. or 2001:db8:`);
    }
  }
  for (const domain of domains) {
    const wrong = wrongFqdn(domain);
    if (wrong !== undefined) throw new Error(`--domain ${wrong}`);
  }
}
