/** Sessions, deliveries and server scripts for the tests of remote. */

import type { RemoteDelivery } from '../../src/actors/messages.js';
import type { RemoteThread } from '../../src/actors/remote/connect.js';
import { Deadlines } from '../../src/actors/remote/deadlines.js';
import { DnsRecords } from '../../src/actors/remote/dns-records.js';
import { RemoteSession, type RemoteSessionOptions } from '../../src/actors/remote/session.js';
import type { Route } from '../../src/protocol/mx.js';
import type { Step } from './scripted-smtp-server.js';

export const settings = { helohost: 'mail.example.org', timeoutconnect: 1, timeoutremote: 1 };

export function remoteThread(over: Partial<RemoteThread> & { readonly nameserver?: string } = {}): RemoteThread {
  const { nameserver, ...rest } = over;
  const dns = new DnsRecords({ nameservers: nameserver === undefined ? ['127.0.0.1:1'] : [nameserver], timeout: 500, tries: 1 });
  return { dns, deadlines: new Deadlines(50), portOffset: 0, greet: 'ehlo', ...rest };
}

/** A session that is routed to 127.0.0.1:port, or to another target. */
export function remoteSession(
  target: number | Route,
  over: Partial<RemoteSessionOptions> = {},
  thread: RemoteThread = remoteThread(),
): RemoteSession {
  const routed: Route = typeof target === 'number' ? { kind: 'relay', host: '127.0.0.1', port: target } : target;
  return new RemoteSession({ target: routed, settings, skip: [], ...over }, thread);
}

export function delivery(over: Partial<RemoteDelivery> = {}): RemoteDelivery {
  const recipients = ['joe@one.test'];
  return { message: 1, session: 1, sender: 'a@b.c', recipients, shared: false, form: 'wire', ...over };
}

export const hello = Buffer.from('Subject: s\r\n\r\nhello\r\n', 'latin1');

export const greeting: readonly Step[] = [{ send: '220 fake ESMTP\r\n' }, { line: true }, { send: '250 fake\r\n' }];

export const pipelining: readonly Step[] = [
  { send: '220 fake\r\n' },
  { line: true },
  { send: '250-fake\r\n250-SIZE\r\n250-8BITMIME\r\n250 PIPELINING\r\n' },
];

/** One transaction that is accepted; `replies` replace the answers to MAIL, each RCPT, DATA and the end. */
export function transaction(...replies: readonly string[]): Step[] {
  const [mail = '250 ok', rcpt = '250 ok', data = '354 go', end = '250 accepted'] = replies;
  const answer = (text: string): Step => ({ send: `${text}\r\n` });
  return [{ line: true }, answer(mail), { line: true }, answer(rcpt), { line: true }, answer(data), { data: true }, answer(end)];
}
