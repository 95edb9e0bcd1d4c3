/**
 * The host name of an address by the DNS, asked for with the name servers of the home. Says nothing about whether the
 * name leads back to the address.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlList } from '../../protocol/control-files.js';
import { reverseName } from '../../protocol/ident.js';
import { ipv6Groups } from '../../protocol/ip-address.js';
import type { Call } from '../call.js';

/** `none`: there is no name. `later`: the DNS does not answer now. */
export type HostName = { readonly name: string } | 'none' | 'later';

/** Answers that say that there is no name; any other failure may pass. */
const final = new Set(['ENOTFOUND', 'ENODATA']);

/** A function that asks; one resolver serves all its questions. Names come in lower case. */
export async function hostNames(call: Call): Promise<(address: string) => Promise<HostName>> {
  const { Resolver } = await import('node:dns/promises');
  const resolver = new Resolver();
  const servers = nameServers(call);
  if (servers.length > 0) resolver.setServers(servers);
  return async (address) => {
    try {
      const [name] = await resolver.resolvePtr(reverseName(address, ipv6Groups(address)));
      return name === undefined || name === '' ? 'none' : { name: name.toLowerCase() };
    } catch (error) {
      return final.has((error as NodeJS.ErrnoException).code ?? '') ? 'none' : 'later';
    }
  };
}

/** $TQMAIL_DNS, else control/nameservers; empty: the system's. */
export function nameServers(call: Call): readonly string[] {
  const named = call.env.get('TQMAIL_DNS') ?? '';
  if (named !== '') return named.split(/[\s,]+/).filter((server) => server !== '');
  try {
    const text = readFileSync(join(call.home, 'control', 'nameservers'), 'latin1');
    return controlList(new Map([['nameservers', text]]), 'nameservers') ?? [];
  } catch {
    return [];
  }
}
