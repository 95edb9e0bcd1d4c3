/**
 * Trouble over QMTP: each recipient of a package has an answer of its own, as in LMTP, and the account is exact.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { MessageMeter } from '../../../src/actors/sink/meter.js';
import { startSink } from '../../../src/actors/sink/sink.js';
import { formatLedgerMark } from '../../../src/protocol/ledger.js';
import { answersOf, qmtp, qmtpPackage, qmtpTalk } from './qmtp-client.js';
import { submit } from './submit.js';

const loopback = { address: '127.0.0.1', port: 0 };

test('QMTP takes, refuses for a time or for good, and cuts', async () => {
  const sink = await startSink({ qmtp: loopback, rules: 'rcpt d@* drop' });
  assert.equal(await qmtp(sink.port('qmtp'), 'r@x'), '3:Kok,');
  assert.match(await qmtp(sink.port('qmtp'), '450-r@x'), /^\d+:Z450 as/);
  assert.match(await qmtp(sink.port('qmtp'), '550-r@x'), /^\d+:D550 as/);
  assert.equal(await qmtp(sink.port('qmtp'), 'd@x'), '');
  const { messages, refused4, refused5, drops } = sink.report();
  assert.deepEqual([messages, refused4, refused5, drops], [1, 1, 1, 1]);
  for (const code of ['450', '421']) {
    sink.setRules(`connect * ${code} no`);
    assert.equal(await qmtp(sink.port('qmtp'), 'r@x'), '', 'there is no answer before a package');
  }
  assert.deepEqual([sink.report().messages, sink.report().refused4], [1, 3]);
  const [message] = sink.messages({ to: 'r@x' });
  assert.deepEqual([message?.subject, message?.text, message?.protocol], ['q', '.dot\r\n', 'qmtp']);
  await sink.close();
});

test('each recipient of a package has its own answer, the same as over LMTP', async () => {
  const sink = await startSink({ lmtp: loopback, qmtp: loopback, rules: 'rcpt *@full 452 full\nrcpt no@* 550 nobody' });
  const all = ['a@x', '450-b@x', 'a@full', 'no@x', 'end-452-c@x', 'end-552-d@x', 'e@x', 'a@x'];
  const body = 'Subject: m\r\n\r\nt\r\n';
  const lmtp = await submit(sink.port('lmtp'), { recipients: all, body, hello: 'LHLO' });
  assert.deepEqual(
    lmtp.slice(12).map((reply) => reply.slice(0, 3)),
    ['250', '452', '552', '250', '250', '221'],
  );
  const overLmtp = sink.report();
  const said = answersOf(await qmtpTalk(sink.port('qmtp'), qmtpPackage(all, 'Subject: m\n\nt\n')));
  assert.deepEqual(said, [
    'Kok',
    'Z450 as the address asked',
    'Zfull',
    'Dnobody',
    'Z452 as the address asked',
    'D552 as the address asked',
    'Kok',
    'Kok',
  ]);
  const both = sink.report();
  for (const name of ['messages', 'recipients', 'refused4', 'refused5'] as const)
    assert.equal(both[name], 2 * overLmtp[name], name);
  const [first, second] = sink.messages();
  assert.deepEqual(first?.recipients, ['a@x', 'e@x', 'a@x']);
  assert.deepEqual(second?.recipients, first?.recipients);
  assert.deepEqual(second?.transcript.slice(0, 3), [
    'C: (QMTP package from <s@x> for 8 recipients, 14 octets)',
    'S: Kok (<a@x>)',
    'S: Z450 as the address asked (<450-b@x>)',
  ]);
  await sink.close();
});

test('what is refused as a whole: the sender, all recipients, the end; those with an answer keep it', async () => {
  const sink = await startSink({ qmtp: loopback, rules: 'mail * 451 not you' });
  const two = qmtpPackage(['a@x', '550-b@x']);
  assert.deepEqual(answersOf(await qmtpTalk(sink.port('qmtp'), two)), ['Znot you', 'Znot you']);
  sink.setRules('end * 552 no room');
  assert.deepEqual(answersOf(await qmtpTalk(sink.port('qmtp'), two)), ['Dno room', 'D550 as the address asked']);
  const { refused4, refused5 } = sink.report();
  assert.deepEqual([refused4, refused5], [1, 2]);
  // Nobody is left: the end is not asked about.
  await qmtpTalk(sink.port('qmtp'), qmtpPackage(['450-a@x', '550-b@x']));
  assert.deepEqual([sink.report().refused4, sink.report().refused5, sink.report().messages], [2, 3, 0]);
  // 421 ends the connection, at once or at the end; the second package is not read.
  sink.setRules('rcpt bye@* 421 bye');
  assert.deepEqual(answersOf(await qmtpTalk(sink.port('qmtp'), qmtpPackage(['a@x', 'bye@x', 'c@x']) + two)), [
    'Zbye',
    'Zbye',
    'Zbye',
  ]);
  assert.equal(sink.report().messages, 0);
  const late = await qmtpTalk(sink.port('qmtp'), qmtpPackage(['a@x', 'end-421-b@x']) + two);
  assert.deepEqual(answersOf(late), ['Kok', 'Z421 as the address asked']);
  assert.equal(sink.report().recipients, 1);
  await sink.close();
});

test('what was answered before a cut arrives; take-drop takes what nobody refused', async () => {
  const sink = await startSink({ qmtp: loopback, lmtp: loopback });
  const said = await qmtpTalk(
    sink.port('qmtp'),
    qmtpPackage(['a@x']) + qmtpPackage(['slow-20ms-b@x']) + qmtpPackage(['c@x', '450-d@x', 'end-take-drop-e@x']),
  );
  assert.deepEqual(answersOf(said), ['Kok', 'Kok']);
  const { messages, recipients, unanswered, drops, delays, refused4 } = sink.report();
  assert.deepEqual([messages, recipients, unanswered, drops, delays, refused4], [3, 4, 2, 1, 1, 1]);
  assert.deepEqual(sink.messages().at(-1)?.recipients, ['c@x', 'end-take-drop-e@x']);
  const replies = await submit(sink.port('lmtp'), { recipients: ['a@x', 'end-421-b@x'], body: 'A: b\r\n\r\n', hello: 'LHLO' });
  assert.deepEqual(replies.slice(-2), ['250 ok', '421 421 as the address asked'], '421 ends an LMTP session too');
  await sink.close();
});

test('an empty piece behind a body does not undo its checksum', () => {
  const text = 'text\r\n';
  const mark = formatLedgerMark({
    run: '00c0ffee',
    messages: 1,
    recipients: 1,
    pattern: 'r@x',
    sequence: 0,
    checksum: crc32(text),
  });
  const empty = new Uint8Array(0);
  // Only now it is known to have no memory.
  assert.equal(empty.buffer.byteLength, 0);
  const meter = new MessageMeter();
  for (const piece of [Buffer.from(`${mark}\r\n\r\n${text}`), empty]) meter.take(piece);
  assert.equal(meter.finish()?.intact, true);
});

test('the ledger has the recipients that were taken, no others, over several processes too', async () => {
  for (const threads of [1, 2]) {
    const rules = 'rcpt/2 *@full 452 full';
    const sink = await startSink({ qmtp: loopback, rules, threads, keep: 0 });
    const text = 'text\r\n';
    const recipients = ['r0@full', 'r1@full', 'r2@full', 'r3@full'];
    const facts = { run: '00c0ffee', messages: 1, recipients: recipients.length, pattern: 'r#@full' };
    const message = `${formatLedgerMark({ ...facts, sequence: 0, checksum: crc32(text) })}\n\n${text.replace('\r', '')}`;
    const said = answersOf(await qmtpTalk(sink.port('qmtp'), qmtpPackage(recipients, message)));
    assert.deepEqual(said, ['Kok', 'Zfull', 'Kok', 'Zfull']);
    await sink.close();
    const { verdict, recipients: taken, refused4 } = sink.report();
    assert.deepEqual([taken, refused4], [2, 2]);
    assert.deepEqual([verdict?.lost, verdict?.duplicate, verdict?.altered], [2, 0, 0]);
  }
});
