/**
 * From a domain to addresses: MX and A records, failures of the name servers, what is remembered.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DnsRecords, maxExchangers } from '../../../src/actors/remote/dns-records.js';
import { type Resolved, resolveDomain, resolveHost } from '../../../src/actors/remote/resolver.js';
import { DnsServer, type Zone } from '../../support/dns-server.js';
import { goldenZone } from '../../support/golden-zone.js';

const extra: Zone = {
  'v6only.test': [['MX', 5, 'mx6.test']],
  'mx6.test': [['AAAA', '2001:db8::6']],
  'both.test': [
    ['A', '192.0.2.1'],
    ['A', '192.0.2.2'],
    ['AAAA', '2001:db8::1'],
  ],
  'mapped.test': [['AAAA', '::ffff:7f00:1']],
  'equal.test': ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => ['MX', 10, `${name}.equal.test`] as const),
  ...Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((n, i) => [`${n}.equal.test`, [['A', `192.0.2.${10 + i}`]] as const]),
  ),
  'crowd.test': Array.from({ length: 1000 }, (_, i) => ['MX', 1000 - i, `m${i}.crowd.test`] as const),
  ...Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [`m${i}.crowd.test`, [['A', `10.1.${i >> 8}.${i & 255}`]] as const]),
  ),
  'cut.test': [['MX', 10, 'mx.one.test']],
  'slow.test': 'DELAY 5000',
  'toempty.test': [['CNAME', 'empty.test']],
  'broken.test': 'FORMERR',
  'nullandmore.test': [
    ['MX', 0, ''],
    ['MX', 10, 'mx.one.test'],
  ],
};
const server = new DnsServer({ ...goldenZone(), ...extra }, { truncated: ['cut.test', 'crowd.test'] });
let dns: DnsRecords;

before(async () => {
  dns = new DnsRecords({ nameservers: [await server.start()], timeout: 300, tries: 1 });
});
after(() => server.stop());

function show(resolved: Resolved): string {
  if (resolved.tag === 'failed') return resolved.outcome.status + resolved.outcome.text;
  return resolved.addresses.map(({ address, preference }) => `${preference}/${address}`).join(' ');
}
const unknown = (host: string): string => `DSorry, I couldn't find any host named ${host}. (#5.1.2)\n`;
const later = "ZSorry, I couldn't find any host by that name. (#4.1.2)\n";
const noAddress = "DSorry, I couldn't find a mail exchanger or IP address. (#5.4.4)\n";

const domains: Readonly<Record<string, string>> = {
  'one.test': '10/127.0.0.3',
  'one.test.': '10/127.0.0.3',
  'aonly.test': '0/127.0.0.3',
  'multi.test': '10/127.0.0.9 20/127.0.0.3',
  'cname.test': '10/127.0.0.3',
  'mxcname.test': '10/127.0.0.3',
  'mxip.test': '10/127.0.0.3',
  'mxmixed.test': '20/127.0.0.3',
  'mxnxmixed.test': '20/127.0.0.3',
  'nullandmore.test': '10/127.0.0.3',
  'twoaddr.test': '0/127.0.0.9',
  'empty.test': unknown('empty.test'),
  'nowhere.nx.test': unknown('nowhere.nx.test'),
  'danglingcname.test': unknown('danglingcname.test'),
  '[127.0.0]': unknown('[127.0.0]'),
  '': unknown(''),
  '.': unknown('.'),
  'a bé\u0001.test': unknown('a?b??.test'),
  'a\0b.test': unknown('a?b.test'),
  [`${'a'.repeat(64)}.test`]: unknown(`${'a'.repeat(64)}.test`),
  'servfail.test': later,
  'refused.test': later,
  'silent.test': later,
  'slow.test': later,
  'broken.test': later,
  'mxservfail.test': later,
  'mxnoaddr.test': noAddress,
  'mxnx.test': noAddress,
  'cnameloop.test': noAddress,
  'toempty.test': noAddress,
  'nullmx.test': 'DSorry, the host nullmx.test does not accept mail: its MX record is empty. (#5.1.10)\n',
  '[127.0.0.3]': '0/127.0.0.3',
  '127.0.0.3': '0/127.0.0.3',
  '[IPv6:::1]': '0/::1',
  '[ipv6:2001:DB8:0:0:0:0:0:1]': '0/2001:db8::1',
  '[IPv6:::ffff:127.0.0.1]': '0/127.0.0.1',
  'v6only.test': '5/2001:db8::6',
  'both.test': '0/192.0.2.1 0/2001:db8::1 0/192.0.2.2',
  'mapped.test': '0/127.0.0.1',
  'cut.test': '10/127.0.0.3',
};
for (const [host, expected] of Object.entries(domains)) {
  test(`mail for ${JSON.stringify(host)}`, async () => assert.equal(show(await resolveDomain(dns, host)), expected));
}

test('a relay is resolved without asking for MX records', async () => {
  assert.equal(show(await resolveHost(dns, 'one.test')), unknown('one.test'));
  assert.equal(show(await resolveHost(dns, 'mx.one.test')), '0/127.0.0.3');
  assert.equal(show(await resolveHost(dns, 'servfail.test')), later);
});

test('a domain with a thousand exchangers costs a few questions', async () => {
  const before = server.questions.length;
  const resolved = await resolveDomain(dns, 'crowd.test');
  assert.equal(resolved.tag === 'found' && resolved.addresses.length, maxExchangers);
  assert.match(show(resolved), /^1\/10\.1\.3\.231 2\/10\.1\.3\.230 /);
  assert.ok(server.questions.length - before <= 2 + 2 * maxExchangers);
});

test('equal exchangers come in changing order', async () => {
  const orders = new Set<string>();
  for (let round = 0; round < 20; round++) orders.add(show(await resolveDomain(dns, 'equal.test')));
  assert.ok(orders.size > 1, 'twenty answers in the same order');
});

test('an answer is asked for once, also by many at the same time', async () => {
  const fresh = new DnsRecords({ nameservers: [server.address], timeout: 300, tries: 1 });
  const before = server.questions.length;
  await Promise.all([1, 2, 3].map(() => fresh.exchangers('selfequal.test')));
  await fresh.exchangers('selfequal.test');
  assert.deepEqual(server.questions.slice(before), ['MX selfequal.test']);
});

test('a name server that is not there is worth another try later', async () => {
  const nobody = new DnsRecords({ nameservers: ['127.0.0.1:1'], timeout: 100, tries: 1 });
  assert.equal(show(await resolveDomain(nobody, 'one.test')), later);
});
