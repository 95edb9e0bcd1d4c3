/**
 * Where a recipient goes: local or remote, and under which address (spec send.md §2).
 * Done once a recipient, when its message is preprocessed; a pure function of the settings.
 */
import { lowerCaseAscii } from './bytes.js';
import type { ByteString, Routed } from './mail.js';
import type { Settings } from './settings.js';

export type RoutingSettings = Pick<Settings, 'envnoathost' | 'percenthack' | 'locals' | 'virtualdomains'>;

export interface Routing {
  /** The channel and address of one envelope recipient, which may be empty or lack a host. */
  route(recipient: ByteString): Routed;
  /**
   * The address as its sender knew it: without the `prepend-` of its virtual domain, when that is
   * really in front. Prefixes of single virtual users stay, as in qmail (spec send.md §6.1).
   */
  stripVirtual(address: ByteString): ByteString;
}

/** control/virtualdomains, compiled: a lookup tries only the kinds of key that the file has. */
class VirtualDomains {
  readonly #prepends: ReadonlyMap<string, ByteString>;
  readonly #hasUsers: boolean;
  readonly #hasSuffixes: boolean;

  constructor(entries: Readonly<Record<string, ByteString>>) {
    this.#prepends = new Map(Object.entries(entries));
    const keys = [...this.#prepends.keys()];
    this.#hasUsers = keys.some((key) => key.includes('@'));
    this.#hasSuffixes = keys.some((key) => key.startsWith('.'));
  }

  /** The prepend of a domain: whole name, then its suffixes from the longest, then the empty key. */
  ofHost(host: ByteString): ByteString | undefined {
    const prepends = this.#prepends;
    if (prepends.size === 0) return undefined;
    const whole = prepends.get(host);
    if (whole !== undefined) return whole;
    if (this.#hasSuffixes) {
      for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
        const prepend = prepends.get(host.slice(dot));
        if (prepend !== undefined) return prepend;
      }
    }
    return prepends.get('');
  }

  of(address: ByteString, host: ByteString): ByteString | undefined {
    const user = this.#hasUsers ? this.#prepends.get(lowerCaseAscii(address)) : undefined;
    return user ?? this.ofHost(host);
  }
}

/** Steps 1 and 2: a host for every address, then the percent hack; `percenthack` in lower case. */
export function withHost(recipient: ByteString, envnoathost: ByteString, percenthack: ReadonlySet<string>): ByteString {
  let address = recipient.includes('@') ? recipient : `${recipient}@${envnoathost}`;
  if (percenthack.size === 0) return address;
  let at = address.lastIndexOf('@');
  while (at > 0 && percenthack.has(lowerCaseAscii(address.slice(at + 1)))) {
    const percent = address.lastIndexOf('%', at - 1);
    if (percent < 0) break;
    address = `${address.slice(0, percent)}@${address.slice(percent + 1, at)}`;
    at = percent;
  }
  return address;
}

export function compileRouting(settings: RoutingSettings): Routing {
  const percenthack = new Set(settings.percenthack.map(lowerCaseAscii));
  const locals = new Set(settings.locals.map(lowerCaseAscii));
  const virtual = new VirtualDomains(settings.virtualdomains);
  return {
    route(recipient) {
      const address = withHost(recipient, settings.envnoathost, percenthack);
      const host = lowerCaseAscii(address.slice(address.lastIndexOf('@') + 1));
      if (locals.has(host)) return { channel: 'local', address };
      const prepend = virtual.of(address, host);
      // An empty prepend is an exception to a broader line: remote after all.
      return prepend ? { channel: 'local', address: `${prepend}-${address}` } : { channel: 'remote', address };
    },
    stripVirtual(address) {
      const at = address.lastIndexOf('@');
      if (at < 0) return address;
      const prepend = virtual.ofHost(lowerCaseAscii(address.slice(at + 1)));
      return prepend && address.startsWith(`${prepend}-`) ? address.slice(prepend.length + 1) : address;
    },
  };
}
