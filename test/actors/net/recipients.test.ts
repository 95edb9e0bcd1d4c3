/** Unknown recipients are refused at RCPT, as control/recipients says; whatever cannot be told is taken. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assignToRecords } from '../../../src/protocol/assign.js';
import { fromByteString } from '../../../src/protocol/bytes.js';
import { cdbWrite } from '../../../src/protocol/cdb.js';
import type { Settings } from '../../../src/protocol/settings.js';
import type { Client } from '../../support/line-client.js';
import { type House, type HouseParts, openHouse } from '../../support/smtpd-house.js';

const unknown = '550 5.1.1 sorry, no mailbox here by that name (#5.1.1)';
const taken = '250 2.1.5 ok';
const base = { rcpthosts: ['here.example', 'virtual.example'], locals: ['here.example'] };

interface Asked {
  readonly house: House;
  readonly client: Client;
  readonly rcpt: (to: string) => Promise<string>;
}

async function asked(t: TestContext, settings: Partial<Settings>, parts: HouseParts = {}): Promise<Asked> {
  const house = await openHouse(t, { ...parts, settings: { ...base, ...settings } });
  const client = house.dial();
  await client.hears(/^220 .*\r\n/);
  await client.ask('EHLO x');
  await client.ask('MAIL FROM:<a@b.example>');
  return { house, client, rcpt: (to) => client.ask(`RCPT TO:<${to}>`) };
}

test('local: users of the table, aliases with their extensions, virtual domains; nobody else', async (t) => {
  const { house, client, rcpt } = await asked(t, { recipients: 'local', virtualdomains: { 'virtual.example': 'joe' } });
  const { home } = house;
  mkdirSync(join(home, 'users'));
  mkdirSync(join(home, 'joe'));
  mkdirSync(join(home, 'none'));
  writeFileSync(join(home, 'joe/.qmail-list-default'), '');
  writeFileSync(join(home, 'joe/.qmail-info'), '');
  const assign = `=joe:joe:1000:1000:${home}/joe:::\n+joe-:joe:1000:1000:${home}/joe:-::\n+:nobody:1000:1000:${home}/none:-::\n.\n`;
  const parsed = assignToRecords(assign);
  assert.ok(parsed.ok);
  writeFileSync(join(home, 'users/cdb'), cdbWrite(parsed.records));
  assert.equal(await rcpt('Joe@here.example'), taken);
  assert.equal(await rcpt('joe-list-any@here.example'), taken);
  assert.equal(await rcpt('joe-other@here.example'), unknown);
  assert.equal(await rcpt('jim@here.example'), unknown);
  assert.equal(await rcpt('info@virtual.example'), taken);
  assert.equal(await rcpt('sales@virtual.example'), unknown);
  await client.ask('DATA');
  assert.match(await client.ask('Subject: x\r\n\r\nx\r\n.'), /^250 /);
  assert.equal(house.submissions[0]?.envelope.recipients.length, 3);
});

test('local: a damaged table and a home that is away are no reason to refuse', async (t) => {
  const { house, rcpt } = await asked(t, { recipients: 'local' });
  mkdirSync(join(house.home, 'users'));
  writeFileSync(join(house.home, 'users/cdb'), 'damaged');
  assert.equal(await rcpt('jim@here.example'), taken);
  const parsed = assignToRecords(`+:nobody:1000:1000:${house.home}/away:-::\n.\n`);
  assert.ok(parsed.ok);
  rmSync(join(house.home, 'users/cdb'));
  writeFileSync(join(house.home, 'users/cdb'), cdbWrite(parsed.records));
  assert.equal(await rcpt('jane@here.example'), taken);
});

test('file: whole addresses and hosts; a client that relays elsewhere is not asked about that', async (t) => {
  const files = { 'control/list': '# ours\nJoe@Here.example\n@virtual.example\n', r: ':allow,RELAYCLIENT=""\n' };
  const { rcpt } = await asked(t, { recipients: 'file control/list' }, { files, rules: 'r' });
  assert.equal(await rcpt('joe@here.example'), taken);
  assert.equal(await rcpt('jim@here.example'), unknown);
  assert.equal(await rcpt('any@virtual.example'), taken);
  assert.equal(await rcpt('any@elsewhere.example'), taken);
});

test('cdb: the same keys; pipelined commands keep their order; a missing file is told once and takes all', async (t) => {
  const records = [{ key: fromByteString('joe@here.example'), value: new Uint8Array(0) }];
  const files = { 'control/list.cdb': cdbWrite(records) };
  const { client } = await asked(t, { recipients: 'cdb control/list.cdb' }, { files });
  client.said = '';
  client.socket.write('RCPT TO:<joe@here.example>\r\nRCPT TO:<jim@here.example>\r\nNOOP\r\nRCPT TO:<joe@here.example>\r\n');
  const said = await client.hears(/(?:.*\r\n){4}/);
  assert.deepEqual(said.trimEnd().split('\r\n'), [taken, unknown, '250 2.0.0 ok', taken]);

  const missing = await asked(t, { recipients: 'cdb control/none.cdb' });
  assert.equal(await missing.rcpt('jim@here.example'), taken);
  assert.equal(await missing.rcpt('jane@here.example'), taken);
  await missing.house.smtpd.stop?.();
  await new Promise((resolve) => setTimeout(resolve, 25));
  const told = missing.house.log.join('').match(/control\/none\.cdb does not exist; recipients are taken unchecked/g);
  assert.equal(told?.length, 1);
});

test('program: 0 is yes, 100 no, anything else cannot tell', async (t) => {
  const files = { check: '#!/bin/sh\ncase $2 in joe@*) exit 0;; jim@*) exit 100;; esac\nexit 1\n' };
  const { house, rcpt } = await asked(t, { recipients: 'program ./check -x' }, { files });
  chmodSync(join(house.home, 'check'), 0o755);
  assert.equal(await rcpt('joe@here.example'), taken);
  assert.equal(await rcpt('jim@here.example'), unknown);
  assert.equal(await rcpt('jane@here.example'), taken);
});

test('local: what the server may not see is taken: a closed home, a closed .qmail file; the user himself is known without a look', async (t) => {
  const house = await openHouse(t, {});
  const root = process.getuid?.() === 0;
  const server = root ? 65_534 : (process.getuid?.() ?? 0);
  for (const [name, mode] of [
    ['closed', root ? 0o700 : 0o000],
    ['open', 0o755],
  ] as const) {
    mkdirSync(join(house.home, name));
    writeFileSync(join(house.home, name, '.qmail-secret'), '', { mode: root ? 0o600 : 0o000 });
    chmodSync(join(house.home, name), mode);
  }
  const lines = ['closed', 'open'].flatMap((name) => {
    const user = `${name}:1000:1000:${house.home}/${name}`;
    return [`=${name}:${user}:::`, `+${name}-:${user}:-::`];
  });
  const parsed = assignToRecords(`${lines.join('\n')}\n.\n`);
  assert.ok(parsed.ok);
  mkdirSync(join(house.home, 'users'), { recursive: true });
  writeFileSync(join(house.home, 'users/cdb'), cdbWrite(parsed.records), { mode: 0o644 });
  for (const folder of ['', 'users']) chmodSync(join(house.home, folder), 0o755);
  const program = `
    const { LocalRecipients } = await import(${JSON.stringify(new URL('../../../src/store/local-recipient.js', import.meta.url))});
    const local = new LocalRecipients(process.argv[1], () => 0);
    for (const name of process.argv.slice(2)) console.log(name, await local.find(name));`;
  const names = ['closed', 'closed-any', 'closed-secret', 'open', 'open-any', 'open-secret'];
  const args = ['--input-type=module', '-e', program, house.home, ...names];
  const said = execFileSync(process.execPath, args, { encoding: 'latin1', ...(root ? { uid: server, gid: server } : {}) });
  chmodSync(join(house.home, 'closed'), 0o700);
  assert.deepEqual(said.trimEnd().split('\n'), [
    'closed yes',
    'closed-any unknown',
    'closed-secret unknown',
    'open yes',
    'open-any no',
    'open-secret unknown',
  ]);
});
