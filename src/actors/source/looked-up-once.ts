/**
 * A host's addresses, asked for once: a run that makes a thousand connections a second measures its server, not the resolver.
 * What fails is asked again. Knows no connections.
 */
import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Told = Parameters<LookupFunction>[2];

/** For the connections of one lane to one host. */
export function lookedUpOnce(ask: typeof lookup = lookup): LookupFunction {
  let known: readonly LookupAddress[] = [];
  let waiting: (readonly [LookupOptions, Told])[] = [];
  return (host, options, told) => {
    if (known.length > 0) {
      process.nextTick(tell, known, options, told);
      return;
    }
    waiting.push([options, told]);
    if (waiting.length > 1) return;
    ask(host, { ...options, all: true }, (error, addresses) => {
      const all = waiting;
      waiting = [];
      if (error === null) known = addresses;
      for (const [theirs, toTell] of all) {
        if (error === null) tell(addresses, theirs, toTell);
        else toTell(error, '', 0);
      }
    });
  };
}

/** As one who asked for all addresses, or for one, is told. */
function tell(addresses: readonly LookupAddress[], { all }: LookupOptions, told: Told): void {
  const first = addresses[0];
  if (all === true) told(null, [...addresses]);
  else told(null, first?.address ?? '', first?.family ?? 0);
}
