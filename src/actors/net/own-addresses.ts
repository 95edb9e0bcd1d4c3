/**
 * The addresses under which this machine would reach itself: every interface's, and the two
 * "any" addresses (spec remote.md §3.4). Asked anew after a minute, because interfaces come and go.
 */
import { networkInterfaces } from 'node:os';

const keepFor = 60_000;
let kept: { readonly addresses: ReadonlySet<string>; readonly until: number } | undefined;

/** Textual addresses as node:os writes them, IPv6 without zone; includes `0.0.0.0` and `::`. */
export function ownAddresses(): ReadonlySet<string> {
  const now = performance.now();
  if (kept === undefined || now >= kept.until) kept = { addresses: read(), until: now + keepFor };
  return kept.addresses;
}

function read(): Set<string> {
  const own = new Set(['0.0.0.0', '::']);
  for (const addresses of Object.values(networkInterfaces())) for (const { address } of addresses ?? []) own.add(address);
  return own;
}
