/**
 * Messages as files: a Maildir, an mbox file, the same over HTTP; what a full disk and a cut message do; who is told of arrivals.
 */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type SinkOptions, startSink } from '../../../src/actors/sink/sink.js';
import { readReplay } from '../../../src/store/replay-messages.js';
import { qmtpPackage, qmtpTalk } from './qmtp-client.js';
import { submit } from './submit.js';

const loopback = { address: '127.0.0.1', port: 0 };
const body = 'Subject: x\r\n\r\nFrom me\r\n.dot\r\nno end';

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-saved-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

async function sinkFor(t: TestContext, options: SinkOptions): Promise<Awaited<ReturnType<typeof startSink>>> {
  const sink = await startSink({ smtp: loopback, ...options });
  t.after(() => sink.close());
  return sink;
}

test('an mbox file grows, a Maildir has a file a message in their order, and both can be sent again', async (t) => {
  const dir = folder(t);
  const [mbox, maildir] = [join(dir, 'box'), join(dir, 'mail/')];
  appendFileSync(mbox, 'From a@x Sun Nov 22 12:21:50 2026\nSubject: before\n\n\n');
  for (const out of [mbox, maildir]) {
    const sink = await sinkFor(t, { out });
    await submit(sink.port(), { sender: '', recipients: ['a@x', 'b@x'], body: `${body}\r\n` });
    await submit(sink.port(), { sender: 's@x', recipients: ['a@x'], body: 'Subject: 2\r\n\r\n' });
    await sink.close();
  }
  const first = 'Return-Path: <>\nX-Envelope-To: <a@x>\nX-Envelope-To: <b@x>\nSubject: x\n\nFrom me\n.dot\nno end\n';
  const second = 'Return-Path: <s@x>\nX-Envelope-To: <a@x>\nSubject: 2\n\n';
  const pieces = readFileSync(mbox, 'latin1').split(/^From \S+ .* 20\d\d\n/m);
  assert.deepEqual(pieces.slice(2), [`${first.replace('From me', '>From me')}\n`, `${second}\n`]);
  const names = readdirSync(join(maildir, 'new')).sort();
  assert.deepEqual(
    names.map((name) => readFileSync(join(maildir, 'new', name), 'latin1')),
    [first, second],
  );
  assert.deepEqual([readdirSync(join(maildir, 'tmp')), existsSync(join(maildir, 'cur'))], [[], true]);
  assert.deepEqual([readReplay(mbox).messages.length, readReplay(maildir).messages.length], [3, 2]);
});

test('an address cannot add lines to a file', async (t) => {
  const out = join(folder(t), 'box');
  const sink = await sinkFor(t, { out, qmtp: loopback });
  await qmtpTalk(sink.port('qmtp'), qmtpPackage(['a\nX: y@x'], 'Subject: q\n\n', 's\nFrom x@x'));
  await sink.close();
  assert.doesNotMatch(readFileSync(out, 'latin1'), /^X:|^From x/m);
});

test('a disk that is full ends the writing with a word, not the sink; a cut message is named', async (t) => {
  const said: string[] = [];
  const full = await sinkFor(t, { out: '/dev/full', troubled: (words) => said.push(words) });
  for (const recipient of ['a@x', 'b@x']) await submit(full.port(), { recipients: [recipient], body: `${body}\r\n` });
  assert.deepEqual([full.report().messages, said.length], [2, 1]);
  assert.match(said[0] ?? '', /^\/dev\/full: ENOSPC.*; no more messages are written there, mail is still taken$/);
  const out = join(folder(t), 'box');
  const small = await sinkFor(t, { out, keep: 1, troubled: (words) => said.push(words) });
  await submit(small.port(), { recipients: ['a@x'], body: `Subject: x\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(1_100)}` });
  assert.match(said[1] ?? '', /^message 1 is larger than what may be kept/);
  await assert.rejects(startSink({ out: '/does/not/exist' }), /cannot write messages to \/does\/not\/exist: ENOENT/);
  await assert.rejects(startSink({ out, keep: 0 }), /out wants keep above 0/);
});

test('over HTTP: all that match as one mbox file, and who asks whether it lives is no webhook', async (t) => {
  const seen: string[] = [];
  const sink = await sinkFor(t, { http: loopback, threads: 2, arrived: ({ subject }) => seen.push(subject) });
  const base = `http://127.0.0.1:${sink.port('http')}`;
  for (const subject of ['one', 'two', 'three']) {
    await submit(sink.port(), { recipients: [`${subject}@x`], body: `Subject: ${subject}\r\n\r\n\r\n` });
    await sink.wait({ subject });
  }
  assert.deepEqual(seen, ['one', 'two', 'three']);
  const all = await fetch(`${base}/api/mbox`);
  assert.deepEqual([all.status, all.headers.get('content-type')], [200, 'application/mbox']);
  assert.deepEqual((await all.text()).match(/^Subject: .*/gm), ['Subject: one', 'Subject: two', 'Subject: three']);
  assert.deepEqual((await (await fetch(`${base}/api/mbox?to=two@x`)).text()).match(/^Subject: .*/gm), ['Subject: two']);
  assert.equal((await fetch(`${base}/api/mbox?two=2`)).status, 400);
  assert.equal(await (await fetch(`${base}/api/mbox?to=nobody`)).text(), '');
  assert.equal(await (await fetch(`${base}/healthz`)).text(), 'ok\n');
  assert.equal(sink.report().requests, 0);
});
