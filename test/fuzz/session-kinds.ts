/**
 * The listeners as fuzzing meets them: a house with each protocol alone, what leads into its states, and a good session
 * that must go through after all the bad ones.
 */
import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allSaid, openPackageHouse, qmqpPackage, qmtpPackage } from '../support/package-house.js';
import { openPop3 } from '../support/pop3-house.js';
import { type Ending, until } from '../support/server-home.js';
import { openHouse } from '../support/smtpd-house.js';
import { recordedField } from './recorded.js';
import { storm } from './storm.js';

export type SessionKind = 'smtp' | 'qmtp' | 'qmqp' | 'pop3';
export const sessionKinds: readonly SessionKind[] = ['smtp', 'qmtp', 'qmqp', 'pop3'];

interface Stormed {
  /** Messages that the server handed over meanwhile. */
  readonly messages: number;
}

interface Weather {
  readonly sessions: number;
  readonly seed: number;
}

const settings = { rcpthosts: ['d.test', 'example.org'] };
const mail = 'MAIL FROM:<a@d.test>\r\n';
const rcpt = 'RCPT TO:<c@d.test>\r\n';
const goodSmtp = `EHLO x\r\n${mail}${rcpt}DATA\r\nSubject: s\r\n\r\nhello\r\n.\r\nQUIT\r\n`;

/** What is kept was accepted as it was sent; the next mail is taken; no connection is left behind. */
async function smtp(ending: Ending, weather: Weather): Promise<Stormed> {
  const house = await openHouse(ending, { settings, options: { descriptors: 1_000 } });
  await storm({
    ...weather,
    port: house.port,
    states: [
      '',
      'EHLO x\r\n',
      `EHLO x\r\n${mail}`,
      `HELO x\r\n${mail}${rcpt}`,
      `EHLO x\r\n${mail}${rcpt}DATA\r\n`,
      goodSmtp.slice(0, -6),
    ],
    seeds: [goodSmtp, ...recordedField('smtpd', 'input')],
    words: ['\r\n.\r\n', '\n.\n', 'DATA\r\n', mail, rcpt, 'RSET\r\n', 'QUIT\r\n', 'NOOP\r\n'],
  });
  const messages = house.submissions.length;
  for (const { envelope, bytes, size } of house.submissions) {
    assert.ok(envelope.recipients.length > 0);
    if (bytes !== undefined) assert.equal(bytes.length, size);
    assert.doesNotMatch(Buffer.from(bytes ?? []).toString('latin1'), /(^|[^\r])\n|\r(?!\n)/);
  }
  const client = house.dial();
  await client.hears(/^220 .*\r\n/);
  client.socket.end(goodSmtp, 'latin1');
  await client.closed;
  assert.match(client.said, /^250 2\.0\.0 ok \d+ qp \d+\r\n221 /m);
  assert.equal(house.submissions.length, messages + 1);
  // The server hears of the end a moment after the client, and gives a silent one a moment to close.
  await until('no connection is left', 10_000, () => house.smtpd.counters?.()['smtpd.connections'] === 0);
  return { messages };
}

async function packages(protocol: 'qmtp' | 'qmqp', ending: Ending, weather: Weather): Promise<Stormed> {
  const house = await openPackageHouse(ending, protocol, { settings });
  const good = protocol === 'qmtp' ? qmtpPackage(['c@d.test']) : qmqpPackage(['c@d.test']);
  await storm({
    ...weather,
    port: house.port,
    states: ['', good.slice(0, 8), good.slice(0, -12), good.slice(0, -1), good],
    seeds: [good, ...recordedField(`${protocol}d`, 'input')],
    words: ['5:a@b.c,', '8:5:x@y.z,,', '0:,', ':', ',', '99999999999:'],
  });
  const messages = house.submissions.length;
  assert.match(await allSaid(house.dial(), good), /^\d+:Kok \d+ qp \d+,$/);
  await until('no connection is left', 10_000, () => house.actor.counters?.()[`${protocol}d.connections`] === 0);
  return { messages };
}

const login = 'USER joe\r\nPASS secret\r\n';

/** Every password is right, or those who guess would wait. */
async function pop3(ending: Ending, weather: Weather): Promise<Stormed> {
  const house = await openPop3(ending, { open: async (_request, { maildir }) => ({ tag: 'own', maildir }) });
  await storm({
    ...weather,
    port: house.port,
    states: ['', 'USER joe\r\n', login, `${login}STAT\r\nDELE 1\r\n`, `${login}RETR 1\r\n`],
    seeds: [
      `${login}LIST\r\nTOP 1 0\r\nUIDL\r\nRSET\r\nQUIT\r\n`,
      ...recordedField('pop3', 'input').map((input) => login + input),
    ],
    words: ['RETR 2\r\n', 'DELE 1\r\n', 'STAT\r\n', 'LIST\r\n', 'TOP 1 0\r\n', 'UIDL 3\r\n', 'RSET\r\n', 'QUIT\r\n', 'NOOP\r\n'],
  });
  const fresh = join(house.maildir, 'new', 'fresh');
  writeFileSync(fresh, 'Subject: x\n\nfresh\n');
  utimesSync(fresh, 9, 9);
  const said = await allSaid(house.dial(), `${login}UIDL\r\nQUIT\r\n`);
  assert.match(said, /^\d+ fresh\r\n/m);
  await until('no connection is left', 10_000, () => house.pop3d.counters?.()['pop3d.connections'] === 0);
  return { messages: 0 };
}

/** Throws what is wrong. */
export function stormOn(kind: SessionKind, ending: Ending, weather: Weather): Promise<Stormed> {
  if (kind === 'smtp') return smtp(ending, weather);
  return kind === 'pop3' ? pop3(ending, weather) : packages(kind, ending, weather);
}
