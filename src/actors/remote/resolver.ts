/**
 * From a host name to the addresses that take its mail, with the failures as reports (spec remote.md §3).
 * Asks through dns-records.ts; connects to nothing and knows nothing of dead hosts or of this machine's addresses.
 */
import { canonicalIp, hostLiteral } from '../../protocol/ip-address.js';
import type { ByteString, Outcome } from '../../protocol/mail.js';
import type { MailAddress } from '../../protocol/mx.js';
import type { Answer, DnsRecords, MailExchanger } from './dns-records.js';

/** `addresses` is not empty and sorted by preference; the order among equal preference is random by exchanger. */
export type Resolved =
  | { readonly tag: 'found'; readonly addresses: readonly MailAddress[] }
  | { readonly tag: 'failed'; readonly outcome: Outcome };

const soft: Resolved = failed('Z', "Sorry, I couldn't find any host by that name. (#4.1.2)\n");
const noAddress: Resolved = failed('D', "Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)\n");

/** Where mail for the domain `host` goes: its MX records, or its own addresses when it has none (RFC 5321 §5.1). */
export async function resolveDomain(dns: DnsRecords, host: ByteString): Promise<Resolved> {
  const literal = hostLiteral(host);
  if (literal !== undefined) return { tag: 'found', addresses: [{ address: literal, preference: 0 }] };
  const answer = await dns.exchangers(host);
  if (answer.tag === 'later') return soft;
  if (answer.tag === 'none') return resolveHost(dns, host);
  const exchangers = answer.records.filter((record) => record.name !== '');
  if (exchangers.length === 0) return nullMx(host);
  return resolveExchangers(dns, exchangers);
}

/** The addresses of one named host or address literal, without asking for MX records (smtproutes, spec remote.md §3.1). */
export async function resolveHost(dns: DnsRecords, host: ByteString): Promise<Resolved> {
  const literal = hostLiteral(host);
  if (literal !== undefined) return { tag: 'found', addresses: [{ address: literal, preference: 0 }] };
  const answer = await bothFamilies(dns, host);
  if (answer.tag === 'later') return soft;
  // qmail's words for an alias that leads to no address differ from those for a name that has none.
  if (answer.tag === 'none' && answer.alias === true) return noAddress;
  if (answer.tag === 'none') return failed('D', `Sorry, I couldn't find any host named ${printable(host)}. (#5.1.2)\n`);
  return { tag: 'found', addresses: answer.records.map((address) => ({ address, preference: 0 })) };
}

async function resolveExchangers(dns: DnsRecords, exchangers: readonly MailExchanger[]): Promise<Resolved> {
  const answers = await Promise.all(exchangers.map((exchanger) => exchangerAddresses(dns, exchanger.name)));
  const groups = exchangers.map((exchanger, index) => ({
    exchanger,
    answer: answers[index] ?? { tag: 'none' as const },
    lot: Math.random(),
  }));
  groups.sort((a, b) => a.exchanger.preference - b.exchanger.preference || a.lot - b.lot);
  const addresses: MailAddress[] = [];
  for (const { exchanger, answer } of groups) {
    if (answer.tag !== 'records') continue;
    for (const address of answer.records) addresses.push({ address, preference: exchanger.preference });
  }
  if (addresses.length > 0) return { tag: 'found', addresses };
  return groups.some(({ answer }) => answer.tag === 'later') ? soft : noAddress;
}

/** An exchanger that is written as an address is taken as that address, as qmail does. */
async function exchangerAddresses(dns: DnsRecords, name: string): Promise<Answer<string>> {
  const address = canonicalIp(name);
  return address === undefined ? bothFamilies(dns, name) : { tag: 'records', records: [address] };
}

/** IPv4 and IPv6 addresses in turn, IPv4 first: a broken path of one family then costs one attempt, not all. */
async function bothFamilies(dns: DnsRecords, name: ByteString): Promise<Answer<string>> {
  const [four, six] = await Promise.all([dns.addresses(name, 4), dns.addresses(name, 6)]);
  const a = four.tag === 'records' ? four.records : [];
  const b = six.tag === 'records' ? six.records : [];
  const records: string[] = [];
  for (let index = 0; index < a.length || index < b.length; index++) {
    const first = a[index];
    const second = b[index];
    if (first !== undefined) records.push(first);
    if (second !== undefined) records.push(second);
  }
  if (records.length > 0) return { tag: 'records', records };
  return four.tag === 'later' || six.tag === 'later' ? { tag: 'later' } : four;
}

/** RFC 7505 §3: the domain says that it takes no mail. */
function nullMx(host: ByteString): Resolved {
  return failed('D', `Sorry, the host ${printable(host)} does not accept mail: its MX record is empty. (#5.1.10)\n`);
}

/** Octets outside printable ASCII are shown as `?`, as qmail does. */
function printable(host: ByteString): string {
  return host.replace(/[^\x21-\x7e]/g, '?');
}

function failed(status: 'Z' | 'D', text: ByteString): Resolved {
  return { tag: 'failed', outcome: { status, text } };
}
