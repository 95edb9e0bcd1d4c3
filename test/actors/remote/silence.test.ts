/** Name servers that are silent: after some questions without any answer the others need not wait for theirs. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { DnsRecords } from '../../../src/actors/remote/dns-records.js';
import { Silence } from '../../../src/actors/remote/silence.js';

test('silence: many questions in a row and some time; one at a time finds out whether it lasts', () => {
  let now = 0;
  const silence = new Silence(() => now);
  for (let n = 0; n < 8; n += 1) {
    assert.ok(silence.mayAsk());
    silence.ended(0, false);
  }
  assert.equal(silence.isSilent, false, 'too early to tell');
  now = 8_000;
  assert.equal(silence.isSilent, true);
  assert.deepEqual([silence.mayAsk(), silence.mayAsk()], [true, false]);
  silence.ended(now, false);
  assert.deepEqual([silence.mayAsk(), silence.mayAsk()], [true, false]);
  silence.ended(now, true);
  assert.equal(silence.isSilent, false);
  assert.deepEqual([silence.mayAsk(), silence.mayAsk()], [true, true]);
});

test('silence: a name in between that gets an answer, of any kind, shows that somebody is there', () => {
  const silence = new Silence(() => 1e6);
  for (let n = 0; n < 20; n += 1) silence.ended(0, n % 7 === 6);
  assert.equal(silence.isSilent, false);
});

test('a name server that never answers is asked by one at a time, the others are told later at once', async (t) => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  let now = 0;
  const dns = new DnsRecords({
    nameservers: [`127.0.0.1:${silent.address().port}`],
    timeout: 100,
    tries: 1,
    silence: new Silence(() => now),
  });
  const first = await Promise.all(Array.from({ length: 8 }, (_, n) => dns.exchangers(`n${n}.test`)));
  assert.ok(first.every(({ tag }) => tag === 'later'));
  now = 1e9;
  let asked = 0;
  silent.on('message', () => {
    asked += 1;
  });
  const probe = dns.exchangers('probe.test');
  const others = await Promise.all(Array.from({ length: 50 }, (_, n) => dns.exchangers(`m${n}.test`)));
  assert.ok(others.every(({ tag }) => tag === 'later'));
  assert.deepEqual(await probe, { tag: 'later' });
  assert.equal(asked, 1);
});
