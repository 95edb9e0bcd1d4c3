/**
 * pop3d on real sockets with scripted logins: sessions in this process and in another, delays for who guesses, limits, and
 * clients that nobody should be.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { LoginGate, networkOf } from '../../../src/actors/pop3d/login-gate.js';
import type { Opened } from '../../../src/actors/pop3d/opened-mailbox.js';
import { FakeClock } from '../../support/fake-clock.js';
import type { Client } from '../../support/line-client.js';
import { openPop3 } from '../../support/pop3-house.js';
import { soon } from '../../support/server-home.js';

const all = (maildir: string): string[] =>
  ['new', 'cur'].flatMap((name) => readdirSync(join(maildir, name)).map((file) => `${name}/${file}`)).sort();

/** Says everything at once, then no more; what was said until the end. */
async function whole(client: Client, text: string): Promise<string> {
  client.socket.end(text, 'latin1');
  await client.closed;
  return client.said;
}

const commands = 'USER joe\r\nPASS secret\r\nSTAT\r\nUIDL\r\nRETR 2\r\nDELE 1\r\nQUIT\r\n';
const session =
  '+OK \r\n+OK 3 48\r\n+OK \r\n1 m1\r\n2 m2\r\n3 m3\r\n.\r\n+OK \r\nSubject: 2\r\n\r\n..xx\r\n\r\n.\r\n+OK \r\n+OK \r\n';

test('a session in this process, all of it in one packet and octet by octet', async (t) => {
  const house = await openPop3(t);
  assert.equal(await whole(house.dial(), commands), `+OK ready\r\n+OK \r\n${session}`);
  assert.deepEqual(all(house.maildir), ['cur/m2:2,', 'cur/m3:2,']);
  const slow = house.dial();
  for (const octet of 'USER joe\r\nPASS secret\r\nLIST\r\nQUIT\r\n') {
    slow.socket.write(octet);
    await new Promise((settle) => setImmediate(settle));
  }
  assert.match(await whole(slow, ''), /\r\n\+OK \r\n\+OK \r\n1 16\r\n2 17\r\n\.\r\n\+OK \r\n$/);
  assert.deepEqual(house.requests[0], { user: 'joe', secret: 'secret', apop: false, timestamp: '' });
  const counters = house.pop3d.counters?.() ?? {};
  assert.deepEqual([counters['pop3d.logins'], counters['pop3d.refused']], [2, 0]);
});

test('a connection that ends without QUIT changes nothing', async (t) => {
  const house = await openPop3(t);
  assert.match(await whole(house.dial(), 'USER joe\r\nPASS secret\r\nDELE 1\r\nDELE 2\r\n'), /\+OK \r\n\+OK \r\n\+OK \r\n$/);
  assert.deepEqual(all(house.maildir), ['new/m1', 'new/m2', 'new/m3']);
});

test('a session that another process holds: octets pass both ways, its end is the end', async (t) => {
  const input = new PassThrough();
  const output = new PassThrough();
  const closed: string[] = [];
  const open = async (): Promise<Opened> => ({
    tag: 'tunnel',
    input,
    output,
    first: Buffer.from('+OK \r\n'),
    close: () => closed.push('closed'),
  });
  const house = await openPop3(t, { open, apop: true });
  const client = house.dial();
  const greeting = await client.hears(/^\+OK <\S+@mx\.test\.example>\r\n/);
  client.socket.write('APOP joe 0123\r\nSTAT\r\n');
  await client.hears(/\r\n\+OK \r\n$/);
  assert.equal(house.requests[0]?.timestamp, /<.*>/.exec(greeting)?.[0]);
  assert.equal(house.requests[0]?.apop, true);
  const heard = await new Promise((settle) => output.once('data', settle));
  assert.equal(String(heard), 'STAT\r\n');
  input.end('+OK 0 0\r\n');
  await client.closed;
  assert.match(client.said, /\+OK 0 0\r\n$/);
  assert.deepEqual(closed, ['closed']);
});

test('a refused login ends the connection; each further one of the address waits longer', async (t) => {
  const house = await openPop3(t);
  for (const least of [450, 950]) {
    const began = performance.now();
    const said = await whole(house.dial(), 'USER joe\r\nPASS wrong\r\nSTAT\r\n');
    assert.match(said, /-ERR \[AUTH\] authorization failed\r\n$/);
    assert.ok(performance.now() - began >= least);
  }
  assert.equal(house.pop3d.counters?.()['pop3d.refused'], 2);
  const gate = new LoginGate();
  assert.equal(gate.delay('192.0.2.1', 0), 0);
  for (const delay of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    gate.refused('192.0.2.1', 0);
    assert.equal(gate.delay('192.0.2.1', 0), delay);
  }
  assert.equal(gate.delay('192.0.2.2', 0), 0);
  assert.equal(gate.delay('192.0.2.1', 3 * 60_000), 8_000);
  assert.equal(gate.delay('192.0.2.1', 8 * 60_000), 0);
  gate.refused('2001:db8::1', 0);
  assert.equal(gate.delay('2001:db8:0:0:ffff::2', 0), 500);
  assert.equal(gate.delay('2001:db8:0:1::2', 0), 0);
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
});

test('passwords guessed in a loop fill neither memory nor log', () => {
  const gate = new LoginGate();
  for (let n = 0; n < 50_000; n++) gate.refused(`192.0.${n >> 8}.${n & 255}`, n);
  assert.equal(gate.delay('192.0.0.0', 50_000), 0);
  assert.equal(gate.delay(`192.0.${49_999 >> 8}.${49_999 & 255}`, 50_000), 500);
});

test('the log tells the 1st, 2nd, 4th … refusal of an address', async (t) => {
  const clock = new FakeClock(1_700_000_000, soon);
  const house = await openPop3(t, { clock });
  for (let n = 0; n < 5; n++) {
    const client = house.dial();
    await client.hears(/^\+OK/);
    client.socket.write('USER ../../etc/passwd\r\nPASS wrong\r\n');
    await client.hears(/\r\n\+OK \r\n/);
    while (!client.socket.destroyed) {
      await clock.advance(40);
    }
  }
  await new Promise((settle) => setTimeout(settle, 30));
  assert.equal(house.log.join('').match(/login refused for/g)?.length, 3, house.log.join(''));
});

test('an endless line, NULs and endless commands before the login end nobody but their client', async (t) => {
  const house = await openPop3(t);
  const endless = house.dial();
  endless.socket.write('X'.repeat(1_000_000));
  endless.socket.write('\0\r\nNOOP\0\0\r\n');
  await endless.hears(/-ERR line too long\r\n\+OK \r\n/);
  const many = house.dial();
  assert.match(await whole(many, 'NOOP\r\n'.repeat(1_000)), /-ERR too many commands\r\n$/);
  assert.match(await whole(house.dial(), `USER ${'u'.repeat(4_000)}\r\nPASS secret\r\nQUIT\r\n`), /\+OK \r\n\+OK \r\n$/);
});

test('too many connections: who has not logged in makes room first, a session is not cut short', async (t) => {
  const clock = new FakeClock(1_700_000_000, soon);
  const house = await openPop3(t, { clock, settings: { concurrencyincoming: 2 } });
  const reader = house.dial();
  reader.socket.write('USER joe\r\nPASS secret\r\n');
  await reader.hears(/\+OK \r\n\+OK \r\n$/);
  const idle = house.dial();
  await idle.hears(/^\+OK/);
  const third = house.dial();
  await new Promise((settle) => third.socket.once('connect', settle));
  while (!/\+OK/.test(third.said)) {
    await clock.advance(5);
  }
  await idle.closed;
  assert.match(idle.said, /-ERR \[SYS\/TEMP\] too many connections/);
  assert.equal((await reader.hears(/\+OK/)).includes('ERR'), false);
  await clock.advance(1_300);
  await reader.closed;
  assert.equal(reader.said.includes('ERR'), false);
});

test('trouble is told without a reason to the client, with it to the log, once', async (t) => {
  const house = await openPop3(t, { open: async () => ({ tag: 'trouble', text: 'the disk is away' }) });
  for (let n = 0; n < 2; n++) {
    const said = await whole(house.dial(), 'USER joe\r\nPASS secret\r\n');
    assert.match(said, /-ERR \[SYS\/TEMP\] temporary problem, please try again later\r\n$/);
  }
  await new Promise((settle) => setTimeout(settle, 30));
  assert.equal(house.log.join('').match(/the disk is away/g)?.length, 1);
});
