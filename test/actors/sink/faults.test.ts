/**
 * Trouble as a client meets it: over sockets, for SMTP, LMTP and QMTP, and the sink's account of it.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type Sink, type SinkOptions, startSink } from '../../../src/actors/sink/sink.js';
import { qmtp } from './qmtp-client.js';
import { submit, talk } from './submit.js';

const loopback = { address: '127.0.0.1', port: 0 };
const body = 'Subject: x\r\n\r\ntext\r\n';

async function withSink(options: SinkOptions, use: (sink: Sink) => Promise<void>): Promise<void> {
  const sink = await startSink({ smtp: loopback, ...options });
  try {
    await use(sink);
  } finally {
    await sink.close();
  }
}

test('refusals at each stage, and 421 ends the session', async () => {
  for (const [rule, replies] of [
    ['connect * 554 not you', ['554 not you']],
    ['mail s@* 451 later', ['220 sink.tqmail ESMTP', '250 sink.tqmail', '451 later']],
    ['rcpt * 421 bye', ['220 sink.tqmail ESMTP', '250 sink.tqmail', '250 ok', '421 bye']],
    ['data * 452 full', ['220 sink.tqmail ESMTP', '250 sink.tqmail', '250 ok', '250 ok', '452 full']],
    ['end * 552 full', ['220 sink.tqmail ESMTP', '250 sink.tqmail', '250 ok', '250 ok', '354 go ahead', '552 full']],
  ] as const) {
    await withSink({ rules: rule }, async (sink) => {
      const got = await submit(sink.port(), { recipients: ['r@x'], body });
      assert.deepEqual(got.slice(0, replies.length), replies);
      const { messages, refused4, refused5, kept } = sink.report();
      assert.deepEqual([messages, refused4 + refused5, kept.messages], [0, 1, 0], rule);
    });
  }
});

test('drop at the end loses the message, take-drop only its 250', async () => {
  for (const [rule, taken] of [
    ['drop', 0],
    ['take-drop', 1],
  ] as const) {
    await withSink({ rules: `end * ${rule}` }, async (sink) => {
      const got = await submit(sink.port(), { recipients: ['r@x'], body });
      assert.equal(got.at(-1), '354 go ahead');
      const { messages, drops, kept } = sink.report();
      assert.deepEqual([messages, drops, kept.messages], [taken, 1, taken], rule);
    });
  }
});

test('a drop in the middle of a message', async () => {
  await withSink({ rules: 'body * drop' }, async (sink) => {
    assert.equal((await submit(sink.port(), { recipients: ['r@x'], body })).at(-1), '354 go ahead');
    assert.deepEqual([sink.report().messages, sink.report().drops], [0, 1]);
  });
});

test('delays hold the reply back, also those that an address asks for; replies before them do not wait', async () => {
  await withSink({ rules: 'mail * delay 60ms' }, async (sink) => {
    const begun = performance.now();
    const got = await submit(sink.port(), { recipients: ['slow-80ms-r@x'], body });
    assert.ok(performance.now() - begun >= 138, `${performance.now() - begun} ms`);
    assert.equal(got.filter((reply) => reply.startsWith('250')).length, 4);
    assert.equal(sink.report().delays, 2);
  });
});

test('a pipelined group meets a delay in its middle and is answered in order', async () => {
  await withSink({ rules: 'rcpt b@* delay 50ms\nrcpt c@* 550 no' }, async (sink) => {
    const socket = connect(sink.port(), '127.0.0.1');
    const lines = [
      'EHLO x',
      'MAIL FROM:<s@x>',
      'RCPT TO:<a@x>',
      'RCPT TO:<b@x>',
      'RCPT TO:<c@x>',
      'DATA',
      'A: b',
      '',
      '..',
      '.',
      'QUIT',
    ];
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
    });
    socket.write(lines.map((line) => `${line}\r\n`).join(''));
    await once(socket, 'close');
    assert.deepEqual(text.match(/^\d{3} \w+/gm), [
      '220 sink',
      '250 8BITMIME',
      '250 ok',
      '250 ok',
      '250 ok',
      '550 no',
      '354 go',
      '250 ok',
      '221 sink',
    ]);
    const [message] = sink.messages();
    assert.deepEqual([message?.recipients, message?.text], [['a@x', 'b@x'], '.\r\n']);
  });
});

test('a half-open connection says nothing and ends with the sink', async () => {
  const sink = await startSink({ keep: 0 });
  const socket = connect(sink.port(), '127.0.0.1');
  let text = '';
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.write('HELO x\r\nMAIL FROM:<s@x>\r\nRCPT TO:<stall-r@x>\r\nNOOP\r\n');
  const gone = once(socket, 'close');
  while (sink.report().stalls === 0) await new Promise((resolve) => setImmediate(resolve));
  // Another client is served meanwhile.
  assert.equal((await submit(sink.port(), { recipients: ['r@x'], body })).at(-1), '221 sink.tqmail');
  await sink.close();
  await gone;
  assert.equal(text.includes('250 ok\r\n'), true);
  assert.equal(text.match(/^250/gm)?.length, 2);
});

test('a slow reader takes its time', async () => {
  await withSink({ rules: 'data * slow 100k' }, async (sink) => {
    const begun = performance.now();
    const got = await submit(sink.port(), {
      recipients: ['r@x'],
      body: `A: b\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(1) + `${'y'.repeat(70)}\r\n`.repeat(700),
    });
    assert.equal(got.at(-1), '221 sink.tqmail');
    assert.ok(performance.now() - begun > 300, `50 KB at 100 KB a second took ${performance.now() - begun} ms`);
  });
});

test('connections of one client are limited', async () => {
  await withSink({ rules: 'connect 127.0.0.1 limit 1 421 one is enough' }, async (sink) => {
    const first = connect(sink.port(), '127.0.0.1');
    await once(first, 'data');
    assert.deepEqual(await talk(sink.port(), ['NOOP']), ['421 one is enough']);
    first.destroy();
    while (sink.report().open > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await submit(sink.port(), { recipients: ['r@x'], body })).at(-1), '221 sink.tqmail');
  });
});

test('one word that is no preset is said to be none', async () => {
  await assert.rejects(startSink({ rules: 'flakyy' }), /line 1: "flakyy" is neither a preset \(clean, flaky, .*\) nor a rule/);
});

test('rules change while it runs; a mistake changes nothing', async () => {
  await withSink({}, async (sink) => {
    sink.setRules('greylist');
    assert.equal((await submit(sink.port(), { recipients: ['r@x'], body }))[3]?.slice(0, 3), '451');
    assert.throws(() => sink.setRules('mail * 250'), { name: 'SinkRulesError', line: 1 });
    assert.equal((await submit(sink.port(), { recipients: ['r@x'], body }))[3]?.slice(0, 3), '451');
    sink.setRules('clean');
    assert.equal((await submit(sink.port(), { recipients: ['r@x'], body }))[3], '250 ok');
  });
});

test('addresses are only words when magic is off', async () => {
  await withSink({ magic: false }, async (sink) => {
    assert.equal((await submit(sink.port(), { recipients: ['450-r@x'], body }))[3], '250 ok');
  });
});

test('LMTP answers each recipient that was taken, and is not SMTP', async () => {
  const sink = await startSink({ lmtp: loopback, rules: 'rcpt b@* 550 no' });
  const got = await submit(sink.port('lmtp'), { recipients: ['a@x', 'b@x', 'c@x'], body, hello: 'LHLO' });
  assert.deepEqual(got.slice(2), ['250 ok', '250 ok', '550 no', '250 ok', '354 go ahead', '250 ok', '250 ok', '221 sink.tqmail']);
  assert.equal((await talk(sink.port('lmtp'), ['HELO x', 'QUIT']))[1]?.slice(0, 3), '500');
  assert.equal(sink.messages()[0]?.protocol, 'lmtp');
  sink.setRules('end * 452 full');
  const refused = await submit(sink.port('lmtp'), { recipients: ['a@x', 'c@x'], body, hello: 'LHLO' });
  assert.deepEqual(refused.slice(-3), ['452 full', '452 full', '221 sink.tqmail']);
  await sink.close();
});

test('a message that is too large is refused by every protocol, and the next one is whole', async () => {
  const sink = await startSink({ smtp: loopback, lmtp: loopback, qmtp: loopback, maxSize: 100 });
  const large = `Subject: l\r\n\r\n${'x'.repeat(200)}\r\n`;
  for (const [protocol, hello] of [
    ['smtp', 'EHLO'],
    ['lmtp', 'LHLO'],
  ] as const) {
    const port = sink.port(protocol);
    assert.match((await submit(port, { recipients: ['l@x'], body: large, hello })).at(-2) ?? '', /^552 /);
    assert.match((await talk(port, [`${hello} me`, 'MAIL FROM:<a@x> SIZE=101', 'QUIT']))[2] ?? '', /^552 /);
    assert.match((await submit(port, { recipients: ['s@x'], body: 'Subject: s\r\n\r\n', hello })).at(-2) ?? '', /^250 /);
  }
  assert.match(await qmtp(sink.port('qmtp'), 'l@x', 'x'.repeat(200)), /^\d+:D/);
  assert.equal(await qmtp(sink.port('qmtp'), 's@x'), '3:Kok,');
  assert.deepEqual(
    sink.messages().map(({ protocol, recipients, size }) => [protocol, recipients[0], size < 100]),
    [
      ['smtp', 's@x', true],
      ['lmtp', 's@x', true],
      ['qmtp', 's@x', true],
    ],
  );
  await sink.close();
});

test('in LMTP an address that wants a reply at the end gets it alone', async () => {
  const sink = await startSink({ lmtp: loopback });
  const port = sink.port('lmtp');
  const got = await submit(port, { recipients: ['a@x', 'end-452-b@x', 'c@x', 'end-550-d@x'], body, hello: 'LHLO' });
  const ends = ['250 ok', '452 452 as the address asked', '250 ok', '550 550 as the address asked', '221 sink.tqmail'];
  assert.deepEqual(got.slice(-5), ends);
  assert.deepEqual(
    sink.messages().map(({ recipients }) => recipients),
    [['a@x', 'c@x']],
  );
  const none = await submit(port, { recipients: ['end-450-b@x'], body, hello: 'LHLO' });
  assert.match(none.at(-2) ?? '', /^450 /);
  const { messages, recipients, refused4, refused5 } = sink.report();
  assert.deepEqual([messages, recipients, refused4, refused5], [1, 2, 2, 1]);
  await submit(port, { recipients: ['a@x'], body, hello: 'LHLO' });
  assert.equal(sink.report().recipients, 3);
  await sink.close();
});

test('a client that sends hundreds of commands ahead is answered to the end', async () => {
  await withSink({}, async (sink) => {
    const replies = await talk(sink.port(), [`${'NOOP\r\n'.repeat(200)}QUIT`]);
    assert.deepEqual(replies, ['220 sink.tqmail ESMTP', ...Array(200).fill('250 ok'), '221 sink.tqmail']);
  });
});
