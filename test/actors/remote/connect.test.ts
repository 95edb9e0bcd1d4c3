/**
 * Which server a delivery reaches: several addresses, dead ones, refusing ones, this machine itself.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RemoteReport } from '../../../src/actors/messages.js';
import type { RemoteSessionOptions } from '../../../src/actors/remote/session.js';
import { DeafServer } from '../../support/deaf-server.js';
import { DnsServer, type Zone } from '../../support/dns-server.js';
import { delivery, greeting, hello, remoteSession, remoteThread, transaction } from '../../support/remote-sessions.js';
import { ScriptedSmtpServer, type Step } from '../../support/scripted-smtp-server.js';

/** Three exchangers that share one port: 127.0.0.2, .3 and .4; nothing else listens there. */
const zone: Zone = {
  'two.test': [
    ['MX', 10, 'm2.test'],
    ['MX', 20, 'm3.test'],
  ],
  'dead.test': [
    ['MX', 10, 'm8.test'],
    ['MX', 20, 'm9.test'],
  ],
  'deadfirst.test': [
    ['MX', 10, 'm8.test'],
    ['MX', 20, 'm3.test'],
  ],
  'null.test': [['MX', 0, '']],
  'me.test': [['A', '127.0.0.1']],
  'six.test': [['AAAA', '::1']],
  'any.test': [['A', '0.0.0.0']],
  'mapped.test': [['AAAA', '::ffff:7f00:1']],
  'backup.test': [
    ['MX', 10, 'm3.test'],
    ['MX', 20, 'me.test'],
    ['MX', 30, 'm2.test'],
  ],
  ...Object.fromEntries([2, 3, 4, 8, 9].map((n) => [`m${n}.test`, [['A', `127.0.0.${n}`]] as const])),
};
const dns = new DnsServer(zone);
before(() => dns.start());
after(() => dns.stop());

const good: readonly Step[] = [...greeting, ...transaction()];
const myself = /^Sorry\. Although I'm listed as a best-preference MX or A for that host,\nit isn't in my/;

/** Runs servers at the addresses, all at one port, and delivers to the domain. */
async function deliverTo(
  host: string,
  scripts: Readonly<Record<string, readonly Step[]>>,
  over: Partial<RemoteSessionOptions> = {},
): Promise<RemoteReport> {
  const servers: ScriptedSmtpServer[] = [];
  let port = 0;
  try {
    for (const [address, script] of Object.entries(scripts)) {
      const server = new ScriptedSmtpServer(script);
      servers.push(server);
      port = await server.start(address, port);
    }
    const thread = remoteThread({ nameserver: dns.address, portOffset: port === 0 ? 9000 : port - 25 });
    const session = remoteSession({ kind: 'mx', host }, over, thread);
    const report = await session.deliver(delivery(), hello);
    session.close();
    return report;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function short({ outcomes, ...rest }: RemoteReport): string {
  const outcome = outcomes[0];
  return `${outcome?.status}${outcome?.text.split('\n')[0]} ${JSON.stringify(rest)}`;
}

for (const [name, script] of Object.entries({
  '421': [{ send: '421 busy\r\n' }],
  '554': [{ send: '554 no mail here\r\n' }],
  '220 and refuses the name for now': [{ send: '220 hi\r\n' }, { line: true }, { send: '421 busy\r\n' }],
  nothing: [{ close: true }],
} satisfies Record<string, Step[]>)) {
  test(`a server that greets with ${name} makes way for the next`, async () => {
    const report = await deliverTo('two.test', { '127.0.0.2': script, '127.0.0.3': good });
    assert.equal(short(report), 'K127.0.0.3 accepted message. {"closed":false,"timedOut":[],"reached":"127.0.0.3"}');
  });
}

test('when all greet with a refusal, the last one is reported', async () => {
  const report = await deliverTo('two.test', { '127.0.0.2': [{ send: '421 a\r\n' }], '127.0.0.3': [{ send: '554 b\r\n' }] });
  assert.deepEqual(report.outcomes, [
    { status: 'Z', text: 'Connected to 127.0.0.3 but greeting failed.\nRemote host said: 554 b\n' },
  ]);
  assert.equal(report.reached, '127.0.0.3');
});

test('a refused recipient is not offered to the next server', async () => {
  const refuse = [...greeting, ...transaction('250 ok', '450 later')];
  const report = await deliverTo('two.test', { '127.0.0.2': refuse, '127.0.0.3': good });
  assert.match(short(report), /^Z127\.0\.0\.2 does not like recipient/);
});

test('nobody listens', async () => {
  const none = "ZSorry, I wasn't able to establish an SMTP connection. (#4.4.1)";
  assert.equal(short(await deliverTo('dead.test', {})), `${none} {"closed":true,"timedOut":[]}`);
  const skip = ['127.0.0.2', '127.0.0.3'];
  assert.equal(short(await deliverTo('two.test', { '127.0.0.2': good }, { skip })), `${none} {"closed":true,"timedOut":[]}`);
});

test('a dead host is skipped, a refused connection moves on', async () => {
  const skipped = await deliverTo('two.test', { '127.0.0.2': good, '127.0.0.3': good }, { skip: ['127.0.0.2'] });
  assert.equal(skipped.reached, '127.0.0.3');
  assert.equal((await deliverTo('deadfirst.test', { '127.0.0.3': good })).reached, '127.0.0.3');
});

test('an empty MX record refuses', async () => {
  assert.match(short(await deliverTo('null.test', {})), /^DSorry, the host null\.test does not accept mail.*\(#5\.1\.10\)/);
});

test('mail never comes back to this machine', async () => {
  for (const host of ['me.test', 'six.test', 'any.test', 'mapped.test', '[127.0.0.1]', '[IPv6:0:0::1]', '[0.0.0.0]', '[::]']) {
    const { outcomes, closed } = await deliverTo(host, {});
    assert.equal(outcomes[0]?.status, 'D', host);
    assert.match(outcomes[0]?.text ?? '', myself, host);
    assert.equal(closed, true);
  }
  // Only better exchangers than this machine may be used: not 127.0.0.2, although it listens.
  assert.match(short(await deliverTo('backup.test', { '127.0.0.2': good })), /#4\.4\.1/);
  assert.equal((await deliverTo('backup.test', { '127.0.0.2': good, '127.0.0.3': good })).reached, '127.0.0.3');
});

test('a route to this machine is followed', async () => {
  const server = new ScriptedSmtpServer(good);
  const port = await server.start();
  const session = remoteSession({ kind: 'relay', host: 'me.test', port }, {}, remoteThread({ nameserver: dns.address }));
  assert.equal((await session.deliver(delivery(), hello)).outcomes[0]?.status, 'K');
  session.close();
  await server.stop();
  const nowhere = remoteSession({ kind: 'relay', host: 'me.test', port: 0 }, {}, remoteThread({ nameserver: dns.address }));
  assert.match(short(await nowhere.deliver(delivery(), hello)), /^ZSorry, I wasn't able/);
});

test('a connect that times out is told, and the next address is tried', async () => {
  const deaf = new DeafServer();
  const port = await deaf.start('127.0.0.2');
  const server = new ScriptedSmtpServer(good);
  await server.start('127.0.0.3', port);
  const session = remoteSession(
    { kind: 'mx', host: 'two.test' },
    {},
    remoteThread({ nameserver: dns.address, portOffset: port - 25 }),
  );
  const start = performance.now();
  const report = await session.deliver(delivery(), hello);
  const seconds = (performance.now() - start) / 1000;
  assert.equal(short(report), 'K127.0.0.3 accepted message. {"closed":false,"timedOut":["127.0.0.2"],"reached":"127.0.0.3"}');
  assert.ok(seconds >= 1 && seconds < 3, `${seconds} s`);
  session.close();
  await server.stop();
  await deaf.stop();
});

test('whoever waits for a connection that cannot be made gets the same answer', async () => {
  const session = remoteSession({ kind: 'mx', host: 'null.test' }, {}, remoteThread({ nameserver: dns.address }));
  const reports = await Promise.all([session.deliver(delivery(), hello), session.deliver(delivery(), hello)]);
  assert.deepEqual(
    reports.map((report) => [report.outcomes[0]?.status, report.closed]),
    [
      ['D', true],
      ['D', true],
    ],
  );
});
