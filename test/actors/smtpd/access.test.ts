/** Who may come in and relay: access rules, localiphost, morercpthosts, over a real listener. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromByteString } from '../../../src/protocol/bytes.js';
import { cdbWrite } from '../../../src/protocol/cdb.js';
import type { Client } from '../../support/line-client.js';
import { openHouse } from '../../support/smtpd-house.js';

async function greeted(client: Client): Promise<Client> {
  await client.hears(/^220 .*\r\n/);
  return client;
}

test('RELAYCLIENT lets a client relay and is appended; DATABYTES is the limit of its messages', async (t) => {
  const house = await openHouse(t, {
    settings: { rcpthosts: ['here.example'] },
    rules: 'control/tcp.smtp',
    files: { 'control/tcp.smtp': '127.:allow,RELAYCLIENT="@relay.example",DATABYTES="4000"\n' },
  });
  const client = await greeted(house.dial());
  assert.match(await client.ask('EHLO x'), /250[- ]SIZE 4000/);
  await client.ask('MAIL FROM:<a@b.example>');
  assert.equal(await client.ask('RCPT TO:<joe@elsewhere.example>'), '250 2.1.5 ok');
  await client.ask('DATA');
  assert.match(await client.ask('Subject: x\r\n\r\nhello\r\n.'), /^250 /);
  assert.deepEqual(house.submissions[0]?.envelope.recipients, ['joe@elsewhere.example@relay.example']);
});

test('a denied client gets no banner; a changed file counts at the next reload; a bad one leaves the rules as they were', async (t) => {
  const rules = 'control/tcp.smtp';
  const house = await openHouse(t, { rules, files: { [rules]: ':deny\n' } });
  const denied = house.dial();
  await denied.closed;
  assert.equal(denied.said, '');
  assert.equal(house.smtpd.counters?.()['smtpd.denied'], 1);

  writeFileSync(join(house.home, rules), ':allow\n');
  house.smtpd.reload?.(house.settings);
  await greeted(house.dial());

  writeFileSync(join(house.home, rules), '127.0.0.1:deny\n:nonsense\n');
  house.smtpd.reload?.(house.settings);
  await greeted(house.dial());
  rmSync(join(house.home, rules));
  house.smtpd.reload?.(house.settings);
  await greeted(house.dial());
  await house.smtpd.stop?.();
  await new Promise((resolve) => setTimeout(resolve, 25));
  const told = house.log.join('');
  assert.match(told, /warning: control\/tcp\.smtp:2: ":nonsense" is not address:allow.*the old access rules stay/);
  assert.match(told, /warning: control\/tcp\.smtp: it does not exist; .*the old access rules stay/);
});

test('user@[own address] is mail for localiphost, as recipient and as sender', async (t) => {
  const house = await openHouse(t, { settings: { rcpthosts: ['local.example'], localiphost: 'local.example' } });
  const client = await greeted(house.dial());
  await client.ask('MAIL FROM:<me@[127.0.0.1]>');
  assert.equal(await client.ask('RCPT TO:<joe@[127.0.0.1]>'), '250 ok');
  assert.match(await client.ask('RCPT TO:<joe@[192.0.2.1]>'), /^553 /);
  await client.ask('DATA');
  await client.ask('.');
  assert.deepEqual(house.submissions[0]?.envelope, { sender: 'me@local.example', recipients: ['joe@local.example'] });
});

test('morercpthosts.cdb is read, read again after a change, and 421 when it is damaged', async (t) => {
  const table = (host: string) => cdbWrite([{ key: fromByteString(host), value: new Uint8Array(0) }]);
  const house = await openHouse(t, {
    settings: { rcpthosts: ['here.example'] },
    files: { 'control/morercpthosts.cdb': table('.more.example') },
  });
  const begun = async (): Promise<Client> => {
    const client = await greeted(house.dial());
    await client.ask('MAIL FROM:<>');
    return client;
  };
  const first = await begun();
  assert.equal(await first.ask('RCPT TO:<joe@a.more.example>'), '250 ok');
  assert.match(await first.ask('RCPT TO:<joe@other.example>'), /^553 /);
  writeFileSync(join(house.home, 'control/morercpthosts.cdb'), table('other.example'));
  house.smtpd.reload?.(house.settings);
  assert.equal(await (await begun()).ask('RCPT TO:<joe@other.example>'), '250 ok');
  writeFileSync(join(house.home, 'control/morercpthosts.cdb'), 'damaged');
  house.smtpd.reload?.(house.settings);
  const last = await begun();
  assert.equal(await last.ask('RCPT TO:<joe@third.example>'), '421 unable to read controls (#4.3.0)');
  await last.closed;
});

test('an IPv4 client of an IPv6 listener counts as IPv4', async (t) => {
  if (!Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))) {
    return t.diagnostic('not applicable: this machine has no IPv6');
  }
  const house = await openHouse(t, {
    address: '::',
    rules: 'control/tcp.smtp',
    settings: { rcpthosts: [] },
    files: { 'control/tcp.smtp': '127.:allow,RELAYCLIENT=""\n:deny\n' },
  });
  const client = await greeted(house.dial('127.0.0.1'));
  await client.ask('MAIL FROM:<>');
  assert.equal(await client.ask('RCPT TO:<joe@elsewhere.example>'), '250 ok');
  await client.ask('DATA');
  await client.ask('.');
  assert.match(
    Buffer.from(house.submissions[0]?.bytes ?? []).toString('latin1'),
    /from unknown \(127\.0\.0\.1\)\r\n {2}by 127\.0\.0\.1 with/,
  );
});
