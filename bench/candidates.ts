/**
 * Every server the bench knows, by the name it has on the command line.
 * A table; adapters are in peers/.
 */
import { existsSync } from 'node:fs';
import { type BenchOptions, peerNames, UsageError } from './options.js';
import { haraka } from './peers/haraka.js';
import { opensmtpd } from './peers/opensmtpd.js';
import type { Peer } from './peers/peer.js';
import { postfix } from './peers/postfix.js';
import { smtpServer } from './peers/smtp-server.js';
import { smtpSink } from './peers/smtp-sink.js';
import { smtpSource } from './peers/smtp-source.js';
import { targetPeer } from './peers/target.js';
import { tqmail } from './peers/tqmail.js';

const peers: readonly Peer[] = [postfix, opensmtpd, haraka, smtpServer, smtpSink, smtpSource];
/** Its paths and users are compiled in; an installed one is measured as a target. */
const notqmailProgram = '/var/qmail/bin/qmail-send';

export interface Skipped {
  readonly name: string;
  readonly why: string;
}

/** Our own server first, then the peers that can run here; the others with the reason. Throws UsageError on an unknown name. */
export function chooseCandidates(options: BenchOptions): { candidates: Peer[]; skipped: Skipped[] } {
  const candidates: Peer[] = [tqmail];
  const skipped: Skipped[] = [];
  const chosen = options.peers.map((name) => ({ name, peer: peers.find((known) => known.name === name) }));
  if (options.target !== undefined) {
    const peer = targetPeer(options.target);
    chosen.push({ name: peer.name, peer });
  }
  for (const { name, peer } of chosen) {
    if (peer === undefined && name !== 'notqmail') throw new UsageError(`unknown peer ${name}; known: ${peerNames.join(', ')}`);
    const why = peer === undefined ? withoutAdapter() : peer.missing(options);
    if (peer !== undefined && why === '') candidates.push(peer);
    else skipped.push({ name, why });
  }
  return { candidates, skipped };
}

function withoutAdapter(): string {
  if (!existsSync(notqmailProgram)) return `not installed (no ${notqmailProgram})`;
  return 'no adapter starts a private one: start it yourself and give --target';
}
