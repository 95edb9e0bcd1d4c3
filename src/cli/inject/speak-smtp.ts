/**
 * `sendmail -bs`: qmail-smtpd on descriptors 0 and 1, for the one who called and may relay (spec inject.md §6).
 */
import type { Call } from '../call.js';
import { run as smtpd } from '../programs/qmail-smtpd.js';

/** Whoever set PROTO is a server and says itself who may relay. */
const client: readonly (readonly [string, string])[] = [
  ['RELAYCLIENT', ''],
  ['DATABYTES', '0'],
  ['PROTO', 'TCP'],
  ['TCPLOCALIP', '127.0.0.1'],
  ['TCPLOCALHOST', 'localhost'],
  ['TCPREMOTEIP', '127.0.0.1'],
  ['TCPREMOTEHOST', 'localhost'],
  ['TCPREMOTEINFO', 'sendmail-bs'],
];

export function run(call: Call): Promise<number> {
  const known = call.env.has('PROTO') ? [] : client;
  const env = new Map([...call.env, ...known]);
  return smtpd({ ...call, args: [], env });
}
