/**
 * What a delivery thread of the remote channel starts with: one clock, one resolver a list of name
 * servers, and sessions that share them. Knows nothing of pools and ports between threads.
 */
import type { Route } from '../../protocol/mx.js';
import type { Settings } from '../../protocol/settings.js';
import type { RemoteThread } from './connect.js';
import { Deadlines } from './deadlines.js';
import { DnsRecords } from './dns-records.js';
import { RemoteSession } from './session.js';

export interface RemoteSessionStart {
  readonly target: Route;
  readonly settings: Pick<Settings, 'helohost' | 'timeoutconnect' | 'timeoutremote' | 'nameservers'>;
  /** Addresses that are down now (spec remote.md §7). */
  readonly skip: readonly string[];
}

const deadlines = new Deadlines();
let shared: { readonly servers: string; readonly thread: RemoteThread } | undefined;

/** A session for one target on this thread. $TQMAIL_DNS replaces the name servers, $TQMAIL_PORT_OFFSET moves ports below 1024. */
export function createRemoteSession(start: RemoteSessionStart): RemoteSession {
  return new RemoteSession(
    { target: start.target, settings: start.settings, skip: start.skip },
    threadFor(start.settings.nameservers),
  );
}

/** The resolver keeps answers, so it lives as long as the settings name the same servers. */
function threadFor(configured: readonly string[]): RemoteThread {
  const fromTest = process.env.TQMAIL_DNS ?? '';
  const nameservers = fromTest === '' ? configured : fromTest.split(/[\s,]+/).filter((server) => server !== '');
  const servers = nameservers.join(' ');
  if (shared?.servers !== servers) {
    const offset = Number(process.env.TQMAIL_PORT_OFFSET ?? 0);
    const portOffset = Number.isInteger(offset) && offset >= 0 ? offset : 0;
    shared = { servers, thread: { dns: new DnsRecords({ nameservers }), deadlines, portOffset, greet: 'ehlo' } };
  }
  return shared.thread;
}
