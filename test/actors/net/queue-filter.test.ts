/**
 * QMAILQUEUE in the access rules of a listener: the program gets the message as qmail would give it, and its answer is the
 * client's; the queue itself sees nothing.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { allSaid, net, openPackageHouse, qmqpPackage, qmtpPackage } from '../../support/package-house.js';
import { openHouse } from '../../support/smtpd-house.js';

const settings = { rcpthosts: ['mx.test.example'] };
const to = 'box@mx.test.example';

/** A program that keeps what it is given beside itself, then ends as `last` says. */
function program(t: TestContext, last: string): { path: string; kept(name: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-filter-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'filter');
  const keep = `cat >'${folder}/message'; cat <&1 >'${folder}/envelope'; env >'${folder}/env'; pwd >'${folder}/pwd'`;
  writeFileSync(path, `#!/bin/sh\n${keep}\n${last}\n`);
  chmodSync(path, 0o755);
  return { path, kept: (name) => readFileSync(join(folder, name), 'latin1') };
}

const rulesFor = (path: string, more = ''): { rules: string; files: Record<string, string> } => ({
  rules: 'control/rules',
  files: { 'control/rules': `127.:allow,QMAILQUEUE="${path}"${more}\n` },
});

test('smtp: a filter gets message, envelope, variables and the home; 250 carries its number', async (t) => {
  const { path, kept } = program(t, 'exit 0');
  const house = await openHouse(t, { settings, ...rulesFor(path, ',COLOUR="blue"') });
  const client = house.dial();
  await client.hears(/^220 /);
  for (const line of ['HELO c.example', 'MAIL FROM:<a@b.example>', `RCPT TO:<${to}>`, 'DATA']) await client.ask(line);
  const large = `${'x'.repeat(70)}\r\n`.repeat(6_000);
  const reply = await client.ask(`Subject: x\r\n\r\n..dot\r\n${large}.`);
  assert.match(reply, /^250 ok \d+ qp \d+$/);
  assert.deepEqual(house.submissions, []);
  assert.equal(kept('envelope'), `Fa@b.example\0T${to}\0\0`);
  const [first = '', ...rest] = kept('message').split(/(?<=-0000\n)/);
  assert.match(first, /^Received: from unknown \(HELO c\.example\) \(127\.0\.0\.1\)\n {2}by 127\.0\.0\.1 with SMTP; /);
  assert.equal(rest.join(''), `Subject: x\n\n.dot\n${large.replaceAll('\r\n', '\n')}`);
  const variables = kept('env').split('\n');
  for (const wanted of [
    'COLOUR=blue',
    'TCPREMOTEIP=127.0.0.1',
    'PROTO=TCP',
    `TCPLOCALPORT=${house.port}`,
    `QMAILHOME=${house.home}`,
  ])
    assert.ok(variables.includes(wanted), wanted);
  assert.equal(kept('pwd'), `${house.home}\n`);
  assert.equal(house.smtpd.counters?.()['smtpd.accepted'], 1);
  while (readdirSync(join(house.home, 'queue/body')).length > 0) await new Promise(setImmediate);
});

test('smtp: what a filter refuses is refused with its words', async (t) => {
  const last = 'printf "Dnot this one (#5.7.1)\\n" >&6; exit 82';
  const house = await openHouse(t, { settings, ...rulesFor(program(t, last).path) });
  const client = house.dial();
  await client.hears(/^220 /);
  for (const line of ['HELO c.example', 'MAIL FROM:<a@b.example>', `RCPT TO:<${to}>`, 'DATA']) await client.ask(line);
  assert.equal(await client.ask('Subject: x\r\n\r\nhi\r\n.'), '554 not this one (#5.7.1)');
});

for (const protocol of ['qmtp', 'qmqp'] as const) {
  const text = protocol === 'qmtp' ? qmtpPackage([to]) : qmqpPackage([to]);

  test(`${protocol}: a filter's answer is the client's`, async (t) => {
    const { path, kept } = program(t, 'exit 0');
    const house = await openPackageHouse(t, protocol, { settings, ...rulesFor(path) });
    assert.match(await allSaid(house.dial(), text), /^\d+:Kok \d+ qp \d+,$/);
    assert.deepEqual(house.submissions, []);
    assert.match(kept('message'), /^Received: from unknown .*\n.*\nSubject: x\n\nhi\n$/);
    assert.equal(kept('envelope'), `Fa@b.example\0T${to}\0\0`);
    for (const [last, answer] of [
      ['exit 31', 'Dmail server permanently rejected message (#5.3.0)'],
      ['exit 71', 'Zmail server temporarily rejected message (#4.3.0)'],
      ['kill -KILL $$', 'Zqq crashed (#4.3.0)'],
      ['printf "Zlater\\r\\n" >&6; exit 82', 'Zlater'],
    ] as const) {
      writeFileSync(path, `#!/bin/sh\ncat >/dev/null; cat <&1 >/dev/null\n${last}\n`);
      assert.equal(await allSaid(house.dial(), text), net(answer), last);
    }
    rmSync(path);
    assert.equal(await allSaid(house.dial(), text), net('Zunable to exec qq (#4.3.0)'));
  });
}
