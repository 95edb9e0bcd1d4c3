/**
 * Finds a server that takes the mail of one target: resolves it, then tries address after address
 * until one greets (spec remote.md §3, §4). Sends no mail and keeps no table of dead hosts: it is
 * told whom to skip and tells who did not answer.
 */
import type { Outcome } from '../../protocol/mail.js';
import { chooseAddresses, type Route, smtpPort } from '../../protocol/mx.js';
import type { Settings } from '../../protocol/settings.js';
import { ownAddresses } from '../net/own-addresses.js';
import { Connection, type ConnectionOwner } from './connection.js';
import type { Deadlines } from './deadlines.js';
import type { DnsRecords } from './dns-records.js';
import { resolveDomain, resolveHost } from './resolver.js';

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
  /** Connections whose servers refused: they end by themselves, after a moment for the farewell. */
  readonly refused: readonly Connection[];
}

/** Most addresses that are tried for one delivery: each may cost a whole connect timeout. */
const maxAttempts = 32;
const noAddresses: ReadonlySet<string> = new Set();
const unconnected = (what: string): Outcome => ({
  status: 'Z',
  text: `Sorry, I wasn't able to establish ${what} connection. (#4.4.1)\n`,
});
const noConnection = { smtp: unconnected('an SMTP'), qmtp: unconnected('a QMTP') };
const myself: Outcome = {
  status: 'D',
  text:
    "Sorry. Although I'm listed as a best-preference MX or A for that host,\n" +
    "it isn't in my control/locals file, so I don't treat it as local. (#5.4.6)\n",
};

/** `skip`: addresses that are down (spec remote.md §7). Never rejects. */
export async function dial(
  target: Route,
  settings: RemoteSettings,
  thread: RemoteThread,
  skip: ReadonlySet<string>,
  owner: ConnectionOwner,
): Promise<Dialed> {
  const relay = target.kind !== 'mx';
  const protocol = target.kind === 'qmtp' ? 'qmtp' : 'smtp';
  const resolved = await (relay ? resolveHost(thread.dns, target.host) : resolveDomain(thread.dns, target.host));
  if (resolved.tag === 'failed') return { outcome: resolved.outcome, timedOut: [], refused: [] };
  const { addresses, self } = chooseAddresses(resolved.addresses, relay ? noAddresses : ownAddresses());
  if (self) return { outcome: myself, timedOut: [], refused: [] };
  const port = relay ? target.port : smtpPort;
  let outcome = noConnection[protocol];
  if (port === 0) return { outcome, timedOut: [], refused: [] };
  const forAll = {
    ...settings,
    port: port < 1024 ? port + thread.portOffset : port,
    deadlines: thread.deadlines,
    greet: thread.greet,
    protocol,
  } as const;

  let reached: string | undefined;
  const timedOut: string[] = [];
  const refused: Connection[] = [];
  for (const address of addresses.slice(0, maxAttempts)) {
    if (skip.has(address)) continue;
    const connection = new Connection(owner, { ...forAll, address });
    const opened = await connection.open();
    if (opened.tag === 'ready') return { connection, outcome, timedOut, refused, reached: address };
    if (opened.tag === 'unreached') {
      if (opened.timedOut) timedOut.push(address);
      continue;
    }
    // A server that refuses does not speak for the others (RFC 5321 §5.1); one that is silent has used up the patience.
    refused.push(connection);
    outcome = opened.outcome;
    reached = address;
    if (opened.silent) break;
  }
  return { outcome, timedOut, refused, ...(reached === undefined ? {} : { reached }) };
}
