/** Bodies under way are bounded: half of the memory taken, they go to files; all of it, no new one begins. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Submitted } from '../../../src/actors/messages.js';
import { BodyBuffers } from '../../../src/actors/net/body-buffers.js';
import type { Client } from '../../support/line-client.js';
import { openHouse } from '../../support/smtpd-house.js';

const kib = 1024;

async function begun(client: Client): Promise<string> {
  await client.hears(/^220 .*\r\n/);
  await client.ask('MAIL FROM:<a@b.example>');
  await client.ask('RCPT TO:<joe@mx.test.example>');
  return client.ask('DATA');
}

const lines = (octets: number): string => `${'x'.repeat(62)}\r\n`.repeat(octets / 64);

test('bodies spill early when memory is tight, new ones get 452 when it is full, and all memory comes back', async (t) => {
  const answers: ((answer: Submitted) => void)[] = [];
  const house = await openHouse(t, {
    settings: { rcpthosts: ['mx.test.example'] },
    options: { buffers: new BodyBuffers(false, 96 * kib) },
    submit: () => new Promise((settle) => answers.push(settle)),
  });
  const held = (): unknown => house.smtpd.counters?.()['smtpd.bodyOctets'];

  // Two small bodies wait for the queue, 32 KiB; a third grows past half of the memory and becomes a file.
  const small = [house.dial(), house.dial()];
  for (const client of small) {
    await begun(client);
    client.socket.write('hello\r\n.\r\n');
  }
  const large = house.dial();
  await begun(large);
  large.socket.write(`${lines(64 * kib)}.\r\n`);
  while (house.submissions.length < 3) await new Promise(setImmediate);
  const spilled = house.submissions.find(({ file }) => file !== undefined);
  assert.ok(spilled?.file !== undefined, 'the third body is a file');
  assert.match(readFileSync(join(house.home, 'queue/body', spilled.file), 'latin1'), /^Received: [\s\S]*x\r\n$/);
  assert.equal(held(), 32 * kib);

  // Four more fill the memory; the next is refused before its body is sent, and its session goes on.
  const more = Array.from({ length: 4 }, () => house.dial());
  for (const client of more) assert.match(await begun(client), /^354 /);
  const refused = house.dial();
  assert.match(await begun(refused), /^452 .*#4\.3\.1/);
  assert.match(await refused.ask('NOOP'), /^250 /);

  for (const settle of answers) settle({ tag: 'accepted', id: 1 });
  await Promise.all([...small, large].map((client) => client.hears(/^250 ok .*\r\n/m)));
  for (const { socket } of more) socket.destroy();
  while (held() !== 0) await new Promise(setImmediate);
});

test('a file body that the queue refuses for want of room is removed', async (t) => {
  const house = await openHouse(t, {
    settings: { rcpthosts: ['mx.test.example'] },
    submit: async () => ({ tag: 'refused', why: 'full', text: 'disk' }),
  });
  const client = house.dial();
  await begun(client);
  assert.match(await client.ask(`${lines(512 * kib)}.`), /^452 /);
  while (readdirSync(join(house.home, 'queue/body')).length > 0) await new Promise(setImmediate);
  assert.equal(house.submissions[0]?.bytes, undefined);
});

test('a client that sends ahead of an answer is not read for long', async (t) => {
  let answer: (answer: Submitted) => void = () => undefined;
  const answered = new Promise<Submitted>((settle) => {
    answer = settle;
  });
  const house = await openHouse(t, {
    settings: { rcpthosts: ['mx.test.example'] },
    submit: () => answered,
  });
  const client = house.dial();
  await begun(client);
  client.socket.write('hello\r\n.\r\n');
  while (house.submissions.length < 1) await new Promise(setImmediate);
  // Far more than the kernel's buffers take: what is not read stays with the client.
  const ahead = Buffer.alloc(64 * kib * kib, 'NOOP\r\n');
  client.socket.write(ahead);
  const before = process.memoryUsage().rss;
  let written = -1;
  while (client.socket.bytesWritten !== written || client.socket.writableLength === 0) {
    written = client.socket.bytesWritten;
    await Promise.race([once(client.socket, 'drain'), new Promise((settle) => setTimeout(settle, 50))]);
    assert.notEqual(client.socket.writableLength, 0, 'the server read all of it');
  }
  assert.ok(process.memoryUsage().rss - before < 48 * kib * kib);
  client.socket.destroy();
  answer({ tag: 'accepted', id: 1 });
});
