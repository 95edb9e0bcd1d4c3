/**
 * Whole sessions over sockets, spoilt by chance in every state: octets changed, connections cut or reset, pauses. The server
 * takes the next good mail as if nothing had been; the client reports every delivery once.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { allSaid, openPackageHouse, qmqpPackage, qmtpPackage } from '../support/package-house.js';
import { delivery, hello, remoteSession } from '../support/remote-sessions.js';
import { withServer } from '../support/scripted-smtp-server.js';
import { until } from '../support/server-home.js';
import { openHouse } from '../support/smtpd-house.js';
import { below, type Chance, chanceOf, mutated, oneOf } from './mutate.js';
import { recordedField, recordedServers } from './recorded.js';

const seed = 20_011;
const words = [
  '\r\n.\r\n',
  'DATA\r\n',
  'MAIL FROM:<a@d.test>\r\n',
  'RCPT TO:<c@d.test>\r\n',
  'RSET\r\n',
  'QUIT\r\n',
  '5:a@b.c,',
  '250-',
  '354 go\r\n',
];

/** Sends `octets` in some pieces and ends in one of the ways in which connections end. */
async function spoilt(port: number, octets: string, chance: Chance): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise((settle) => socket.once('close', settle));
  await Promise.race([once(socket, 'connect').catch(() => undefined), closed]);
  for (let at = 0; at < octets.length && !socket.destroyed; ) {
    const size = 1 + below(chance, chance() < 0.3 ? 5 : octets.length);
    if (socket.writable) socket.write(octets.slice(at, at + size), 'latin1');
    at += size;
    await new Promise(setImmediate);
  }
  const end = below(chance, 4);
  if (end === 0) socket.destroy();
  else if (end === 1) socket.resetAndDestroy();
  else socket.end();
  // A server that waits for more than it gets would wait for its time limit.
  if (end > 1) socket.once('end', () => socket.destroy());
  await closed;
}

async function storm(port: number, seeds: readonly string[], sessions: number): Promise<void> {
  const chance = chanceOf(seed);
  let left = sessions;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await spoilt(port, mutated(oneOf(chance, seeds), chance, words, seeds), chance);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}

test('300 spoilt SMTP sessions: what is kept was accepted, and the next mail is taken', async (t) => {
  const house = await openHouse(t, { settings: { rcpthosts: ['d.test', 'example.org'] }, options: { descriptors: 1_000 } });
  const good = 'EHLO x\r\nMAIL FROM:<a@d.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nSubject: s\r\n\r\nhello\r\n.\r\nQUIT\r\n';
  await storm(house.port, [good, ...recordedField('smtpd', 'input')], 300);
  t.diagnostic(`${house.submissions.length} messages handed over`);
  for (const { envelope, bytes, size } of house.submissions) {
    assert.ok(envelope.recipients.length > 0);
    if (bytes !== undefined) assert.equal(bytes.length, size);
    assert.doesNotMatch(Buffer.from(bytes ?? []).toString('latin1'), /(^|[^\r])\n|\r(?!\n)/);
  }
  const before = house.submissions.length;
  const client = house.dial();
  await client.hears(/^220 .*\r\n/);
  client.socket.end(good, 'latin1');
  await client.closed;
  assert.match(client.said, /^250 2\.0\.0 ok \d+ qp \d+\r\n221 /m);
  assert.equal(house.submissions.length, before + 1);
  // The server hears of the end a moment after the client, and gives a silent one a moment to close.
  await until('no connection is left', 10_000, () => house.smtpd.counters?.()['smtpd.connections'] === 0);
});

for (const protocol of ['qmtp', 'qmqp'] as const) {
  test(`150 spoilt ${protocol} sessions, and the next mail is taken`, async (t) => {
    const house = await openPackageHouse(t, protocol, { settings: { rcpthosts: ['d.test', 'example.org'] } });
    const good = protocol === 'qmtp' ? qmtpPackage(['c@d.test']) : qmqpPackage(['c@d.test']);
    await storm(house.port, [good, ...recordedField(`${protocol}d`, 'input')], 150);
    t.diagnostic(`${house.submissions.length} messages handed over`);
    assert.match(await allSaid(house.dial(), good), /^\d+:Kok \d+ qp \d+,$/);
  });
}

test('80 spoilt servers: every delivery has one outcome, delivered only where the server said so', async () => {
  const chance = chanceOf(seed);
  const seeds = recordedServers();
  const one = async (): Promise<void> => {
    const said = mutated(oneOf(chance, seeds), chance, words, seeds);
    // All at once, or line by line as the client asks.
    const lines = said.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    const steps = chance() < 0.5 ? [{ send: said }] : lines.flatMap((line) => [{ send: line }, { line: true } as const]);
    await withServer([[...steps, { close: true }]], async (port) => {
      const session = remoteSession(port);
      const { outcomes } = await session.deliver(delivery(), hello);
      session.close();
      assert.equal(outcomes.length, 1, JSON.stringify(said));
      assert.match(outcomes[0]?.status ?? '', /^[KZD]$/);
      if (outcomes[0]?.status === 'K') assert.ok(lines.length >= 5, JSON.stringify(said));
    });
  };
  for (let round = 0; round < 4; round++) await Promise.all(Array.from({ length: 20 }, one));
});
