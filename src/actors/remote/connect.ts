/**
 * Finds a server that takes the mail of one target: resolves it, then tries address after address
 * until one greets (spec remote.md §3, §4). Sends no mail and keeps no table of dead hosts: it is
 * told whom to skip and tells who did not answer.
 */
import type { ByteString, Outcome } from '../../protocol/mail.js';
import type { Settings } from '../../protocol/settings.js';
import { Connection, type ConnectionOwner } from './connection.js';
import type { Deadlines } from './deadlines.js';
import type { DnsRecords } from './dns-records.js';
import { ownAddresses } from './own-addresses.js';
import { type MailAddress, type Resolved, resolveDomain, resolveHost } from './resolver.js';

/** Where a session's mail goes: to the exchangers of a domain, or to the addresses of a relay (control/smtproutes). */
export type RemoteTarget =
  | { readonly tag: 'mx'; readonly host: ByteString }
  | { readonly tag: 'relay'; readonly host: ByteString; readonly port: number };

/** What all sessions of a thread share. */
export interface RemoteThread {
  readonly dns: DnsRecords;
  readonly deadlines: Deadlines;
  /** Added to ports below 1024; 0 except in tests. */
  readonly portOffset: number;
  readonly greet: 'ehlo' | 'helo';
}

/** The settings that a session obeys. */
export type RemoteSettings = Pick<Settings, 'helohost' | 'timeoutconnect' | 'timeoutremote'>;

export interface Dialed {
  /** Ready for a transaction; absent when nobody could be reached, then `outcome` says why. */
  readonly connection?: Connection;
  readonly outcome: Outcome;
  /** Addresses whose connect timed out. */
  readonly timedOut: readonly string[];
  /** The last address that answered at all. */
  readonly reached?: string;
}

const smtpPort = 25;
/** Most addresses that are tried for one delivery: each may cost a whole connect timeout. */
const maxAttempts = 32;
const noConnection: Outcome = { status: 'Z', text: "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n" };
const myself: Outcome = {
  status: 'D',
  text:
    "Sorry. Although I'm listed as a best-preference MX or A for that host,\n" +
    "it isn't in my control/locals file, so I don't treat it as local. (#5.4.6)\n",
};

/** `skip`: addresses that are down (spec remote.md §7). Never rejects. */
export async function dial(
  target: RemoteTarget,
  settings: RemoteSettings,
  thread: RemoteThread,
  skip: ReadonlySet<string>,
  owner: ConnectionOwner,
): Promise<Dialed> {
  const resolved = await resolve(target, thread);
  if (resolved.tag === 'failed') return { outcome: resolved.outcome, timedOut: [] };
  const addresses = target.tag === 'relay' ? resolved.addresses : withoutMyself(resolved.addresses);
  if (addresses.length === 0) return { outcome: myself, timedOut: [] };
  const port = target.tag === 'relay' ? target.port : smtpPort;
  const common = {
    ...settings,
    port: port < 1024 ? port + thread.portOffset : port,
    deadlines: thread.deadlines,
    greet: thread.greet,
  };

  let outcome = noConnection;
  let reached: string | undefined;
  const timedOut: string[] = [];
  for (const { address } of addresses.slice(0, maxAttempts)) {
    if (skip.has(address)) continue;
    const connection = new Connection(owner, { ...common, address });
    const opened = await connection.open();
    if (opened.tag === 'ready') return { connection, outcome, timedOut, reached: address };
    if (opened.tag === 'unreached') {
      if (opened.timedOut) timedOut.push(address);
      continue;
    }
    // A server that refuses does not speak for the others (RFC 5321 §5.1); one that is silent has used up the patience.
    outcome = opened.outcome;
    reached = address;
    if (opened.silent) break;
  }
  return { outcome, timedOut, ...(reached === undefined ? {} : { reached }) };
}

function resolve(target: RemoteTarget, thread: RemoteThread): Promise<Resolved> {
  return target.tag === 'relay' ? resolveHost(thread.dns, target.host) : resolveDomain(thread.dns, target.host);
}

/** Only servers that are strictly better than this machine may get the mail, or it would come back (spec remote.md §3.4). */
function withoutMyself(addresses: readonly MailAddress[]): readonly MailAddress[] {
  const own = ownAddresses();
  let best = Number.POSITIVE_INFINITY;
  for (const { address, preference } of addresses) if (own.has(address) && preference < best) best = preference;
  return addresses.filter(({ preference }) => preference < best);
}
