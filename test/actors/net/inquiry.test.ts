/** What a listener finds out about its clients: DNS lists, host names, ident, and the rules that use them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { DnsServer, type Zone } from '../../support/dns-server.js';
import type { Client } from '../../support/line-client.js';
import { type House, type HouseParts, openHouse } from '../../support/smtpd-house.js';

interface Watched extends House {
  readonly dns: DnsServer;
}

async function house(t: TestContext, zone: Zone, parts: HouseParts): Promise<Watched> {
  const dns = new DnsServer(zone);
  const nameserver = await dns.start();
  const open = await openHouse(t, { ...parts, settings: { ...parts.settings, nameservers: [nameserver] } });
  t.after(() => dns.stop());
  return { ...open, dns };
}

/** The replies to RCPT and to a QUIT behind it. */
async function rcpt(client: Client): Promise<string> {
  await client.hears(/^220 .*\r\n/);
  await client.ask('EHLO x');
  await client.ask('MAIL FROM:<a@b.example>');
  return client.ask('RCPT TO:<joe@here.example>');
}

const settings = { rcpthosts: ['here.example'] };
const name = '1.0.0.127.bad.test';

test('a listed client may speak and reads at RCPT why nothing is taken; the answer is kept', async (t) => {
  const zone: Zone = {
    [name]: [
      ['A', '127.0.0.4'],
      ['TXT', 'see bad.test'],
    ],
  };
  const there = await house(t, zone, { settings, listenerOptions: { rbl: 'other.test,bad.test' } });
  assert.equal(await rcpt(there.dial()), '451 4.7.1 see bad.test (#4.7.1)');
  const asked = there.dns.questions.length;
  assert.equal(await rcpt(there.dial()), '451 4.7.1 see bad.test (#4.7.1)');
  assert.equal(there.dns.questions.length, asked, 'no second question');
  assert.equal(there.smtpd.counters?.()['smtpd.blocked'], 2);
});

test('rblcode=553; an allow list goes first; 127.255.255.x and other addresses do not list', async (t) => {
  const listed: Zone = { [name]: [['A', '127.0.0.2']] };
  const hard = await house(t, listed, { settings, listenerOptions: { rbl: 'bad.test', rblcode: '553' } });
  assert.equal(await rcpt(hard.dial()), '553 5.7.1 127.0.0.1 is listed by bad.test (#5.7.1)');
  const both: Zone = { ...listed, '1.0.0.127.good.test': [['A', '127.0.0.2']] };
  const allowed = await house(t, both, { settings, listenerOptions: { rbl: 'bad.test', allow: 'good.test' } });
  assert.equal(await rcpt(allowed.dial()), '250 2.1.5 ok');
  for (const address of ['127.255.255.254', '192.0.2.1']) {
    const odd = await house(t, { [name]: [['A', address]] }, { settings, listenerOptions: { rbl: 'bad.test' } });
    assert.equal(await rcpt(odd.dial()), '250 2.1.5 ok', address);
  }
});

test('a list that fails lets in, or blocks for now with rblfail=closed', async (t) => {
  const zone: Zone = { [name]: 'SERVFAIL' };
  const open = await house(t, zone, { settings, listenerOptions: { rbl: 'bad.test' } });
  assert.equal(await rcpt(open.dial()), '250 2.1.5 ok');
  const closed = await house(t, zone, { settings, listenerOptions: { rbl: 'bad.test', rblfail: 'closed' } });
  assert.equal(await rcpt(closed.dial()), '451 4.7.1 temporary RBL lookup error (#4.7.1)');
});

test('a rule with RBLSMTPD, or one that lets relay, comes before the lists', async (t) => {
  const zone: Zone = { [name]: [['A', '127.0.0.2']] };
  const by = async (rule: string): Promise<string> => {
    const parts = { settings, rules: 'r', files: { r: `${rule}\n` }, listenerOptions: { rbl: 'bad.test' } };
    return rcpt((await house(t, zone, parts)).dial());
  };
  assert.equal(await by(':allow,RBLSMTPD=""'), '250 2.1.5 ok');
  assert.equal(await by(':allow,RELAYCLIENT=""'), '250 2.1.5 ok');
  assert.equal(await by(':allow,RBLSMTPD="-not you"'), '553 5.7.1 not you (#5.7.1)');
});

const ptr = '1.0.0.127.in-addr.arpa';

test('hostname= finds a name that leads back, for rules and the Received line', async (t) => {
  const zone: Zone = { [ptr]: [['PTR', 'Client.Example.org']], 'client.example.org': [['A', '127.0.0.1']] };
  const files = { r: '=.example.org:allow,RELAYCLIENT=""\n:allow\n' };
  const there = await house(t, zone, { settings, rules: 'r', files, listenerOptions: { hostname: '5' } });
  const client = there.dial();
  await rcpt(client);
  assert.equal(await client.ask('RCPT TO:<far@elsewhere.example>'), '250 2.1.5 ok');
  await client.ask('DATA');
  await client.ask('Subject: x\r\n\r\nx\r\n.');
  const text = Buffer.from(there.submissions[0]?.bytes ?? []).toString('latin1');
  assert.match(text, /Received: from client\.example\.org \(HELO x\) \(127\.0\.0\.1\)/);
});

test('a name that does not lead back is none; a silent server costs its time and no more', async (t) => {
  const files = { r: '=:deny\n:allow\n' };
  const lying: Zone = { [ptr]: [['PTR', 'other.example.org']], 'other.example.org': [['A', '192.0.2.1']] };
  const there = await house(t, lying, { settings, rules: 'r', files, listenerOptions: { hostname: '5' } });
  assert.equal(await rcpt(there.dial()), '250 2.1.5 ok');
  const silent = await house(t, { [ptr]: 'SILENT' }, { settings, rules: 'r', files, listenerOptions: { hostname: '1' } });
  assert.equal(await rcpt(silent.dial()), '250 2.1.5 ok');
});

test('ident= asks the client, for rules user@address', async (t) => {
  const server = createServer((socket) => {
    socket.once('data', (question) => socket.end(`${String(question).trim()} : USERID : UNIX : joe\r\n`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  process.env.TQMAIL_PORT_OFFSET = String(port - 113);
  t.after(() => {
    delete process.env.TQMAIL_PORT_OFFSET;
    server.close();
  });
  const files = { r: 'joe@127.0.0.1:deny\n:allow\n' };
  const there = await house(t, {}, { settings, rules: 'r', files, listenerOptions: { ident: '5' } });
  const client = there.dial();
  await client.closed;
  assert.equal(client.said, '');
});
