/** Mail that waits until it is asked for: holds, flushes of a domain, a suffix or a relay, ETRN and AutoTURN. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/line-client.js';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

const listeners = [
  {
    setting: { protocol: 'smtp', address: '127.0.0.1', port: 0, options: {} },
    at: { address: '127.0.0.1', port: 0 },
  },
];

test('a flush makes the mail of one domain due, and no other', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  await node.accepted('a@b', ['one@far.example', 'two@other.example']);
  await node.accepted('a@b', ['three@other.example']);
  await node.clock.advance(10);
  assert.equal(await node.host.flush(['far.example']), 1);
  await node.settle();
  assert.deepEqual(node.slots.times('one@far.example', birth), [0, 10]);
  assert.deepEqual(node.slots.times('three@other.example', birth), [0]);
  await node.clock.advance(10);
  assert.equal(await node.host.flush(['.example']), 2);
  assert.equal(await node.host.flush(['nowhere.test']), 0);
  await node.settle();
  assert.deepEqual(node.slots.times('three@other.example', birth), [0, 20]);
  await node.stop();
});

test('a relay host names all mail that is routed to it', async () => {
  const settings = { smtproutes: { 'far.example': 'relay.test:2525', '': 'other.test' } };
  const node = await OneThreadNode.started({ script: () => 'Z', settings });
  await node.accepted('a@b', ['one@far.example']);
  await node.accepted('a@b', ['two@elsewhere.example']);
  await node.settle();
  assert.equal(await node.host.flush(['relay.test']), 1);
  await node.stop();
});

test('a hundred messages of a thousand recipients are walked through page by page', async () => {
  const node = await OneThreadNode.started({ script: () => 'Z' });
  const many = Array.from({ length: 1_000 }, (_, index) => `r${index}@far.example`);
  for (let message = 0; message < 20; message++) await node.accepted('a@b', [...many, 'last@held.example']);
  await node.clock.advance(1);
  assert.equal(await node.host.flush(['held.example']), 20);
  await node.stop();
});

test('held mail is not tried before a flush; then it goes, and what comes meanwhile goes too', async () => {
  const node = await OneThreadNode.started({ settings: { holdremote: ['*'] } });
  await node.accepted('a@b', ['one@far.example', 'local@mx.test.example']);
  await node.clock.advance(100_000);
  assert.deepEqual(node.slots.delivered, ['local@mx.test.example']);
  await node.host.flush(['far.example']);
  await node.settle();
  await node.accepted('a@b', ['two@far.example', 'three@other.example']);
  await node.settle();
  assert.deepEqual(node.slots.delivered, ['local@mx.test.example', 'one@far.example', 'two@far.example']);
  await node.clock.advance(901);
  await node.accepted('a@b', ['four@far.example']);
  await node.clock.advance(10_000);
  assert.ok(!node.slots.delivered.includes('four@far.example'), 'the hold is back');
  await node.stop();
});

test('held mail is tried once at the end of its lifetime, and bounces when that fails', async () => {
  const node = await OneThreadNode.started({
    settings: { holdremote: ['far.example'], queuelifetime: 1_000 },
    script: (to) => (to === 'one@far.example' ? 'Z' : 'K'),
  });
  await node.accepted('a@here.example', ['one@far.example']);
  await node.clock.advance(3_000);
  assert.deepEqual(node.slots.times('one@far.example', birth), [1_600]);
  assert.deepEqual(node.slots.delivered, ['a@here.example']);
  await node.stop();
});

async function greeted(port: number): Promise<Client> {
  const client = new Client(port, '127.0.0.1');
  await client.hears(/^220 .*\r\n/);
  return client;
}

test('ETRN starts the mail of an allowed domain and refuses others', async (t) => {
  const node = await OneThreadNode.started({
    settings: { holdremote: ['far.example'], etrnhosts: { 'far.example': '127.0.0.', 'other.example': '192.0.2.1' } },
    listeners,
  });
  t.after(() => node.stop());
  await node.accepted('a@b', ['one@far.example']);
  await node.clock.advance(500);
  const client = await greeted(node.host.ports[0] ?? 0);
  t.after(() => client.socket.destroy());
  assert.match(await client.ask('ETRN far.example'), /^503 EHLO first/);
  assert.match(await client.ask('EHLO x'), /250 ETRN$/);
  assert.equal(await client.ask('ETRN other.example'), '459 4.7.1 node other.example is not allowed to you (#4.7.1)');
  assert.equal(await client.ask('ETRN #all'), '459 4.7.1 node #all is not allowed to you (#4.7.1)');
  assert.match(await client.ask('ETRN'), /^501 5\.5\.4 /);
  assert.equal(await client.ask('ETRN FAR.example'), '250 2.0.0 ok, mail for node FAR.example is started');
  await node.settle();
  assert.deepEqual(node.slots.delivered, ['one@far.example']);
  await client.ask('MAIL FROM:<a@b>');
  assert.match(await client.ask('ETRN far.example'), /^503 /);
});

test('without etrnhosts ETRN is unknown', async (t) => {
  const node = await OneThreadNode.started({ listeners });
  t.after(() => node.stop());
  const client = await greeted(node.host.ports[0] ?? 0);
  t.after(() => client.socket.destroy());
  assert.doesNotMatch(await client.ask('EHLO x'), /ETRN/);
  assert.match(await client.ask('ETRN far.example'), /^502 /);
});

test('AutoTURN: a peer that connects gets the mail that waits for its domains', async (t) => {
  const settings = { holdremote: ['*'], autoturn: { 'far.example': '127.0.0.1', 'other.example': '192.0.2.' } };
  const node = await OneThreadNode.started({ settings, listeners });
  t.after(() => node.stop());
  await node.accepted('a@b', ['one@far.example', 'two@other.example']);
  await node.clock.advance(500);
  const client = await greeted(node.host.ports[0] ?? 0);
  t.after(() => client.socket.destroy());
  await node.settle();
  assert.deepEqual(node.slots.delivered, ['one@far.example']);
});
