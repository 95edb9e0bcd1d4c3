/**
 * Every server the bench knows, by the name it has on the command line.
 * A table; adapters are in peers/.
 */
import { type BenchOptions, UsageError } from './options.js';
import type { Peer } from './peers/peer.js';
import { postfix } from './peers/postfix.js';
import { smtpSink } from './peers/smtp-sink.js';
import { tqmail } from './peers/tqmail.js';

const peers: readonly Peer[] = [postfix, smtpSink];
/** Named by the command line's contract; no adapter measures them yet. */
const withoutAdapter: readonly string[] = ['opensmtpd', 'haraka', 'notqmail'];

export interface Skipped {
  readonly name: string;
  readonly why: string;
}

/** Our own server first, then the peers that can run here; the others with the reason. Throws UsageError on an unknown name. */
export function chooseCandidates(options: BenchOptions): { candidates: Peer[]; skipped: Skipped[] } {
  const candidates: Peer[] = [tqmail];
  const skipped: Skipped[] = [];
  for (const name of options.peers) {
    const peer = peers.find((known) => known.name === name);
    const why = peer?.missing(options) ?? (withoutAdapter.includes(name) ? 'not installed (no adapter)' : undefined);
    if (why === undefined)
      throw new UsageError(`unknown peer ${name}; known: ${[...peers.map((known) => known.name), ...withoutAdapter].join(', ')}`);
    if (peer !== undefined && why === '') candidates.push(peer);
    else skipped.push({ name, why });
  }
  return { candidates, skipped };
}
