/**
 * qmtpd and qmqpd on real sockets with a scripted queue: the recorded sessions as far as a client can have them, answers
 * only after the queue's, pressure, bodies of any size, and how a connection ends.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Unanswered } from '../../../src/actors/kernel/actor.js';
import type { Submission, Submitted } from '../../../src/actors/messages.js';
import { BodyBuffers } from '../../../src/actors/net/body-buffers.js';
import { cdbWrite } from '../../../src/protocol/cdb.js';
import { differences, recordedCases } from '../../golden/recorded.js';
import type { PackageCase } from '../../protocol/package-replay.js';
import { allSaid, net, openPackageHouse, qmqpPackage, qmtpPackage } from '../../support/package-house.js';

const postmaster = 'postmaster@mx.test.example';
const settings = { rcpthosts: ['mx.test.example'] };

const bodyOf = (home: string, { bytes, file }: Submission): string =>
  file === undefined ? Buffer.from(bytes ?? []).toString('latin1') : readFileSync(join(home, 'queue/body', file), 'latin1');

function filesOf(one: PackageCase): Record<string, string | Uint8Array> {
  const { RELAYCLIENT, DATABYTES } = one.env;
  const relay = RELAYCLIENT === undefined ? '' : `,RELAYCLIENT="${RELAYCLIENT}"`;
  const size = DATABYTES === undefined ? '' : `,DATABYTES="${DATABYTES}"`;
  const files = { 'control/rules': `127.:allow${relay}${size}\n` };
  const key = one.morercpthosts?.trim();
  if (key === undefined) return files;
  const table = cdbWrite([{ key: Buffer.from(key, 'latin1'), value: new Uint8Array(0) }]);
  return { ...files, 'control/morercpthosts.cdb': table };
}

async function replay(t: TestContext, protocol: 'qmtp' | 'qmqp', one: PackageCase): Promise<void> {
  const rcpthosts = one.controls.rcpthosts?.trim().split('\n');
  const databytes = Number(one.controls.databytes ?? 0);
  const own = { ...(rcpthosts === undefined ? {} : { rcpthosts }), databytes };
  const house = await openPackageHouse(t, protocol, { settings: own, files: filesOf(one), rules: 'control/rules' });
  const said = await allSaid(house.dial(), one.input);
  assert.equal(said.replace(/\d+:Kok \d+ qp \d+,/g, '{LEN}:Kok {TIME} qp {PID},'), one.expected.output, one.id);
  const queued = house.submissions.map((submission) => ({
    ...submission.envelope,
    message: bodyOf(house.home, submission).replace(/^(.*\n){3}/, ''),
  }));
  const expected = one.expected.queued.map((mail) => ({ ...mail, message: mail.message.replace(/^(.*\n){2}/, '') }));
  assert.deepEqual(queued, expected, one.id);
}

for (const protocol of ['qmtp', 'qmqp'] as const) {
  test(`${protocol}: the recorded sessions through the listener`, async (t) => {
    const different = differences();
    const cases = recordedCases<PackageCase>(`${protocol}d`).filter(({ id, queueExit }) => queueExit === 0 && !different.has(id));
    assert.ok(cases.length > 40, 'the recorded cases are missing');
    for (const one of cases) await replay(t, protocol, one);
  });

  const text = protocol === 'qmtp' ? qmtpPackage([postmaster]) : qmqpPackage([postmaster]);

  test(`${protocol}: the answer comes after the queue's, which gets the whole message`, async (t) => {
    let settle: (answer: Submitted) => void = () => undefined;
    let begun: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const submit = (): Promise<Submitted> =>
      new Promise((resolve) => {
        settle = resolve;
        begun();
      });
    const house = await openPackageHouse(t, protocol, { settings, submit });
    const client = house.dial();
    client.socket.write(text);
    await asked;
    assert.equal(client.said, '');
    assert.equal(house.actor.counters?.()[`${protocol}d.accepted`], 0);
    settle({ tag: 'accepted', id: 7 });
    await client.hears(/^\d+:Kok \d+ qp 1,$/);
    assert.equal(house.actor.counters?.()[`${protocol}d.accepted`], 1);
    const [submission] = house.submissions;
    assert.ok(submission);
    const { bytes: _, ...rest } = submission;
    const body = bodyOf(house.home, submission);
    const envelope = { sender: 'a@b.example', recipients: [postmaster] };
    const sizes = { size: body.length, unixSize: body.length };
    assert.deepEqual(rest, { origin: protocol, uid: 7791, qp: 1, form: 'unix', ...sizes, envelope });
    const own =
      /^Received: \(qmail 1 invoked from network\); .*\nReceived: from unknown \(127\.0\.0\.1\)\n {2}by 127\.0\.0\.1 with /;
    assert.match(body, own);
    assert.match(body, new RegExp(`with ${protocol.toUpperCase()}; .* -0000\nSubject: x\n\nhi\n$`));
  });

  for (const [why, answer, said] of [
    ['the disk is full', { tag: 'refused', why: 'full', text: '' }, 'Zqq write error or disk full (#4.3.0)'],
    ['the store is in trouble', { tag: 'refused', why: 'storage', text: '' }, 'Zqq temporary problem (#4.3.0)'],
    ['too many wait for it', { tag: 'unanswered', why: 'full' }, 'Zserver is busy, try again later (#4.3.2)'],
    ['it does not answer', { tag: 'unanswered', why: 'deadline' }, 'Zqq temporary problem (#4.3.0)'],
  ] as const satisfies readonly (readonly [string, Submitted | Unanswered, string])[]) {
    test(`${protocol}: Z when ${why}`, async (t) => {
      const house = await openPackageHouse(t, protocol, { settings, submit: async () => answer });
      assert.equal(await allSaid(house.dial(), text), net(said));
    });
  }

  test(`${protocol}: Z before anything is collected while the node is under pressure`, async (t) => {
    const house = await openPackageHouse(t, protocol, { settings });
    for (const state of ['full', 'paused', 'draining'] as const) {
      house.board.set(state, true);
      assert.match(await allSaid(house.dial(), text), /^\d+:Z.*\(#4\.3\.\d\),$/);
      house.board.set(state, false);
    }
    assert.deepEqual(house.submissions, []);
    const small = await openPackageHouse(t, protocol, { settings, buffers: new BodyBuffers(true, 0) });
    assert.equal(await allSaid(small.dial(), text), net('Ztoo many messages at once, try again later (#4.3.1)'));
  });

  test(`${protocol}: a large body is a file, and no more than a few MiB are held for it`, async (t) => {
    const house = await openPackageHouse(t, protocol, { settings });
    const line = `${'x'.repeat(77)}\n`;
    const body = line.repeat(200_000);
    const client = house.dial();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, house.buffers.held);
    }, 1);
    t.after(() => clearInterval(watch));
    client.socket.end(protocol === 'qmtp' ? qmtpPackage([postmaster], `\n${body}`) : qmqpPackage([postmaster], body), 'latin1');
    await client.closed;
    assert.match(client.said, /^\d+:Kok /);
    const [submission] = house.submissions;
    assert.ok(submission?.file !== undefined && submission.checksum !== undefined);
    assert.ok(bodyOf(house.home, submission).endsWith(`\n${body}`));
    assert.ok(most > 0 && most <= 4 * 1_048_576, `${most} octets were held`);
    assert.equal(house.buffers.held, 0);
  });

  test(`${protocol}: a package that breaks off, or breaks the protocol, leaves nothing and gets no answer`, async (t) => {
    const house = await openPackageHouse(t, protocol, { settings });
    const large = 'x\n'.repeat(300_000);
    const whole = protocol === 'qmtp' ? qmtpPackage([postmaster], `\n${large}`) : qmqpPackage([postmaster], large);
    assert.equal(await allSaid(house.dial(), whole.slice(0, -1)), '');
    assert.equal(await allSaid(house.dial(), `${whole.slice(0, -1)};`), '');
    assert.deepEqual(house.submissions, []);
    // What was kept goes behind the end of the connection.
    const left = (): number => house.buffers.held + readdirSync(join(house.home, 'queue/body')).length;
    while (left() > 0) await new Promise(setImmediate);
  });

  test(`${protocol}: a draining listener finishes the package under way and no other`, async (t) => {
    const house = await openPackageHouse(t, protocol, { settings });
    const busy = house.dial();
    const idle = house.dial();
    busy.socket.write(text.slice(0, 20));
    while (house.actor.counters?.()[`${protocol}d.connections`] !== 2) await new Promise(setImmediate);
    while (house.buffers.held === 0) await new Promise(setImmediate);
    const drained = house.actor.drain?.();
    await idle.closed;
    assert.equal(idle.said, '');
    busy.socket.write(text.slice(20));
    await busy.hears(/^\d+:Kok /);
    await busy.closed;
    await drained;
  });
}

test('qmqp: without rules only this machine may come in; qmtp takes everybody for its own domains', async (t) => {
  const own = Object.values((await import('node:os')).networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
  if (own === undefined) return t.diagnostic('this machine has no address besides loopback');
  const qmqp = await openPackageHouse(t, 'qmqp', { address: '0.0.0.0' });
  assert.equal(await allSaid(qmqp.dial(own), qmqpPackage(['x@y.example'])), '');
  assert.equal(qmqp.actor.counters?.()['qmqpd.denied'], 1);
  assert.match(await allSaid(qmqp.dial('127.0.0.1'), qmqpPackage(['x@y.example'])), /^\d+:Kok/);
  const qmtp = await openPackageHouse(t, 'qmtp', { address: '0.0.0.0', settings });
  assert.match(await allSaid(qmtp.dial(own), qmtpPackage([postmaster])), /^\d+:Kok/);
});

test('qmqp: rules= says who may come in', async (t) => {
  const files = { 'control/tcp.qmqp': '127.:deny\n:allow\n' };
  const house = await openPackageHouse(t, 'qmqp', { files, rules: 'control/tcp.qmqp' });
  assert.equal(await allSaid(house.dial(), qmqpPackage(['x@y.example'])), '');
  assert.deepEqual(house.submissions, []);
});

test('qmtp: a client that does not read its answers is not read either, and gets them all', async (t) => {
  const house = await openPackageHouse(t, 'qmtp', { settings });
  const client = house.dial();
  client.socket.pause();
  const many = Array.from({ length: 9_000 }, (_, n) => `u${n}@mx.test.example`);
  const rounds = 30;
  client.socket.end(qmtpPackage(many).repeat(rounds), 'latin1');
  while (house.submissions.length < 2) await new Promise(setImmediate);
  client.socket.resume();
  await client.closed;
  assert.equal(house.submissions.length, rounds);
  assert.equal(client.said.match(/Kok/g)?.length, rounds * many.length);
});

test('control/recipients: QMTP answers each unknown recipient, QMQP refuses what nobody here gets', async (t) => {
  const files = { 'control/list': 'joe@here.example\namy@here.example\n' };
  const here = { rcpthosts: ['here.example'], recipients: 'file control/list' };
  const [joe, jim, amy, far] = ['joe@here.example', 'jim@here.example', 'amy@here.example', 'any@far.example'];
  const none = net('Dsorry, no mailbox here by that name (#5.1.1)');
  const taken = /^\d+:Kok \d+ qp \d+,/;
  const qmtp = await openPackageHouse(t, 'qmtp', { settings: here, files });
  const said = await allSaid(qmtp.dial(), qmtpPackage([joe, jim, far, amy, jim]) + qmtpPackage([jim, jim]) + qmtpPackage([joe]));
  const kept = said.replace(/\d+:Kok \d+ qp \d+,/g, 'K,');
  const closed = net("Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)");
  assert.equal(kept, `K,${none}${closed}K,${none}${none}${none}K,`);
  assert.deepEqual(
    qmtp.submissions.map(({ envelope }) => envelope.recipients),
    [[joe, amy], [joe]],
  );
  const qmqp = await openPackageHouse(t, 'qmqp', { settings: here, files });
  assert.equal(await allSaid(qmqp.dial(), qmqpPackage([jim, jim])), none);
  assert.match(await allSaid(qmqp.dial(), qmqpPackage([jim, far])), taken);
  assert.match(await allSaid(qmqp.dial(), qmqpPackage([jim, joe])), taken);
  assert.deepEqual(
    qmqp.submissions.map(({ envelope }) => envelope.recipients),
    [
      [jim, far],
      [jim, joe],
    ],
  );
});
