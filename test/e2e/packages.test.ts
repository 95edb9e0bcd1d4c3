/**
 * QMTP and QMQP with a whole server: what was answered K survives SIGKILL of every process and is delivered once, with
 * the octets that were sent.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../bench/process/port.js';
import { numbered, numberOf } from '../faults/kill/numbered.js';
import { qmqpPackage, qmtpPackage } from '../support/package-house.js';
import { backwards, banner, localRecipient, type MailHome, makeMailHome, openFolder } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained, statusOf } from '../support/server-status.js';

const perProtocol = 150;

/** One connection; resolves with what the server said until it closed or died. */
function say(port: number, octets: string, heard: (text: string) => void = () => undefined): Promise<string> {
  let said = '';
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(octets, 'latin1'));
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
      heard(said);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => settle(said));
  });
}

const kept = (said: string): number => said.match(/\d+:Kok \d+ qp \d+,/g)?.length ?? 0;
const unixText = (n: number): string => numbered(n).toString('latin1').replaceAll('\r\n', '\n');

async function makeHome(folder: string): Promise<{ home: MailHome; qmtp: number; qmqp: number }> {
  const [qmtp, qmqp] = [await freePort(), await freePort()];
  const home = await makeMailHome(folder, 9);
  const listeners = `smtp 127.0.0.1:${home.port}\nqmtp 127.0.0.1:${qmtp} rules=control/tcp.smtp\nqmqp 127.0.0.1:${qmqp}`;
  writeFileSync(`${home.path}/control/listeners`, `${listeners}\n`);
  return { home, qmtp, qmqp };
}

test('packages answered K survive SIGKILL of every process and are delivered once', async (t) => {
  const ending = backwards(t);
  const { home, qmtp, qmqp } = await makeHome(openFolder(ending));
  const first = new ServerProcess(ending, home);
  await banner(home.port);
  let killed: Promise<void> | undefined;
  // QMTP: all in one connection, half with either line end; the kill falls into them.
  const lines = (n: number): string => (n % 2 === 0 ? `\r${numbered(n).toString('latin1')}` : `\n${unixText(n)}`);
  const stream = Array.from({ length: perProtocol }, (_, n) => qmtpPackage([localRecipient], lines(n))).join('');
  const answers: number[] = [];
  for (let n = perProtocol; n < 2 * perProtocol; n += 1) {
    if (kept(await say(qmqp, qmqpPackage([localRecipient], unixText(n)))) === 1) answers.push(n);
  }
  assert.equal(answers.length, perProtocol);
  const said = await say(qmtp, stream, (text) => {
    if (kept(text) >= perProtocol / 2) killed ??= first.killAll();
  });
  assert.ok(killed !== undefined, `the server said only ${said.slice(-300)}`);
  await killed;
  for (let n = 0; n < kept(said); n += 1) answers.push(n);
  const second = new ServerProcess(ending, home);
  await banner(home.port);
  await drained(second);
  const arrived = ['new', 'cur'].flatMap((name) => {
    const folder = join(home.maildir, name);
    return readdirSync(folder).map((file) => numberOf(readFileSync(join(folder, file))));
  });
  assert.deepEqual(
    answers.filter((n) => !arrived.includes(n)),
    [],
    'answered K and lost',
  );
  assert.ok(!arrived.includes(undefined), 'a message arrived changed');
  assert.equal(new Set(arrived).size, arrived.length, 'a message was delivered twice');
  assert.equal(kept(await say(qmtp, qmtpPackage([localRecipient], lines(1_000)))), 1);
  const status = await statusOf(second);
  assert.deepEqual([status?.counters['qmtpd.accepted'], status?.counters['qmqpd.accepted']], [1, 0]);
});
