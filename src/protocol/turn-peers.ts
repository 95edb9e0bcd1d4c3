/**
 * control/etrnhosts and control/autoturn: `domain:address[,address...]`, who may ask for, or gets by connecting, the
 * mail that waits for a domain (RFC 1985; spec companions.md §6). An address may be the beginning of one: `192.0.2.`.
 */
import { canonicalIp, ipv6Groups } from './ip-address.js';
import type { MapSetting, SettingsProblem } from './settings.js';

const isPrefix = (text: string): boolean => /^(?:\d{1,3}\.){1,3}$/.test(text) || /^(?:[0-9a-f]{1,4}:){1,7}$/i.test(text);

/** As the groups of an address are compared: without leading zeros. */
const plainPrefix = (text: string): string => text.replace(/(^|[:.])0+(?=[0-9a-f])/g, '$1');

/** What is wrong with a file of this form. */
export function turnProblems(file: string, peers: MapSetting): readonly SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  for (const [domain, value] of Object.entries(peers)) {
    for (const address of value.split(',')) {
      const text = address.trim();
      if (canonicalIp(text) !== undefined || isPrefix(text)) continue;
      const wrong = `${domain}: "${text.replace(/[^\x20-\x7e]/g, '?')}" is no address and not the beginning of one`;
      problems.push({ file, line: 0, text: `${wrong}; write domain:address[,address...]` });
    }
  }
  return problems;
}

export class TurnPeers {
  readonly #exact = new Map<string, string[]>();
  readonly #prefixes: { readonly prefix: string; readonly domain: string }[] = [];

  constructor(peers: MapSetting) {
    for (const [domain, value] of Object.entries(peers)) {
      for (const text of value.split(',').map((address) => address.trim().toLowerCase())) {
        const address = canonicalIp(text);
        if (address === undefined) this.#prefixes.push({ prefix: plainPrefix(text), domain });
        else this.#exact.set(address, [...(this.#exact.get(address) ?? []), domain]);
      }
    }
  }

  get empty(): boolean {
    return this.#exact.size === 0 && this.#prefixes.length === 0;
  }

  /** The domains of a client. */
  domainsOf(ip: string): readonly string[] {
    const address = canonicalIp(ip);
    if (address === undefined || this.empty) return [];
    const exact = this.#exact.get(address) ?? [];
    if (this.#prefixes.length === 0) return exact;
    const groups = ipv6Groups(address);
    const text = groups === undefined ? address : groups.map((group) => group.toString(16)).join(':');
    return [...exact, ...this.#prefixes.filter(({ prefix }) => text.startsWith(prefix)).map(({ domain }) => domain)];
  }

  allowed(domain: string, ip: string): boolean {
    return this.domainsOf(ip).includes(domain);
  }
}
