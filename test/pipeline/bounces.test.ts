/** Bounces end to end (spec send.md §6): their text, their envelope, their lines in the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneThreadNode } from '../support/one-thread-node.js';

const textOf = (node: OneThreadNode, recipient: string): string => {
  const attempt = node.slots.attempts.find((made) => made.recipient === recipient);
  return Buffer.from(attempt?.delivery.bytes ?? [])
    .toString('latin1')
    .replaceAll('\r\n', '\n');
};

const single = `Date: 14 Nov 2023 22:13:20 -0000
From: MAILER-DAEMON@mx.test.example
To: ann@far.example
Subject: failure notice

Hi. This is the qmail-send program at mx.test.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<joe@mx.test.example>:
no such mailbox. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <ann@far.example>
Subject: hello

body
`;

test('single bounce: to the sender, from nobody, with a copy', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('joe') ? 'D' : 'K') });
  const id = await node.accepted('ann@far.example', ['joe@mx.test.example']);
  await node.log.line(`end msg ${id + 1}`);
  const bounce = node.slots.attempts.find(({ recipient }) => recipient === 'ann@far.example');
  assert.equal(bounce?.delivery.sender, '');
  const text = textOf(node, 'ann@far.example');
  const received = `Received: (qmail 100 invoked for bounce); 14 Nov 2023 22:13:20 -0000\n`;
  assert.equal(text, received + single);
  assert.deepEqual(node.log.lines.slice(5, 11), [
    'delivery 1: failure: no_such_mailbox._(#5.1.1)/',
    'status: local 0/10 remote 0/20',
    `bounce msg ${id} qp 100`,
    `end msg ${id}`,
    `new msg ${id + 1}`,
    `info msg ${id + 1}: bytes ${text.length} from <> qp 100 uid 7`,
  ]);
  await node.stop();
});

test('bouncemaxbytes: a longer message is in its bounce up to a line end, a shorter one whole', async () => {
  const original = 'Subject: hello\n\nbody\n';
  for (const [bouncemaxbytes, kept] of [
    [original.length, original],
    [original.length - 1, 'Subject: hello\n\n\n--- End of message stripped.\n'],
    [3, '\n--- End of message stripped.\n'],
  ] as const) {
    const node = await OneThreadNode.started({
      settings: { bouncemaxbytes },
      script: (to) => (to.startsWith('joe') ? 'D' : 'K'),
    });
    const id = await node.accepted('ann@far.example', ['joe@mx.test.example']);
    await node.log.line(`end msg ${id + 1}`);
    const text = textOf(node, 'ann@far.example');
    assert.equal(text.slice(text.indexOf('Return-Path')), `Return-Path: <ann@far.example>\n${kept}`);
    assert.ok(node.log.lines.some((line) => line.startsWith(`info msg ${id + 1}: bytes ${text.length} from <>`)));
    await node.stop();
  }
});

test('all failed recipients stand in one bounce, whichever pass they failed in', async () => {
  const node = await OneThreadNode.started({ settings: { virtualdomains: { 'v.example': 'joe-v' } } });
  let tries = 0;
  node.slots.script = (to) => {
    if (to === 'ann@far.example' || to.startsWith('ok')) return 'K';
    if (!to.startsWith('late')) return 'D';
    tries += 1;
    return tries < 3 ? 'Z' : { status: 'D', text: 'first\n\n\nlast' };
  };
  const id = await node.accepted('ann@far.example', ['x@far.example', 'ok@far.example', 'late@far.example', 'y@v.example']);
  await node.clock.advance(4_000);
  await node.log.line(`end msg ${id + 1}`);
  const text = textOf(node, 'ann@far.example');
  for (const paragraph of [
    '<x@far.example>:\nno such mailbox. (#5.1.1)\n\n',
    '<y@v.example>:\nno such mailbox. (#5.1.1)\n\n',
    '<late@far.example>:\nfirst\n//last\n\n--- Below',
  ]) {
    assert.ok(text.includes(paragraph), `${paragraph} is missing in ${text}`);
  }
  assert.equal(node.slots.attempts.filter(({ recipient }) => recipient === 'ann@far.example').length, 1);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('one channel fails while the other is on hold: the bounce tells of both', async () => {
  const node = await OneThreadNode.started({ settings: { concurrencylocal: 0 } });
  node.slots.script = (to) => (to === 'ann@far.example' ? 'K' : 'D');
  const id = await node.accepted('ann@far.example', ['r@far.example', 'l@mx.test.example']);
  await node.settle();
  assert.deepEqual(
    node.slots.attempts.map(({ recipient }) => recipient),
    ['r@far.example'],
  );
  await node.reload({ concurrencylocal: 10 });
  await node.log.line(`end msg ${id + 1}`);
  const text = textOf(node, 'ann@far.example');
  assert.ok(text.includes('<r@far.example>:\n'), text);
  assert.ok(text.includes('<l@mx.test.example>:\n'), text);
  assert.deepEqual(node.slots.times('r@far.example', 0).length, 1);
  await node.stop();
});

test('a bounce that bounces goes to the postmaster, and no further', async () => {
  const node = await OneThreadNode.started({ script: () => 'D' });
  const id = await node.accepted('ann@far.example', ['joe@mx.test.example']);
  await node.log.line(`end msg ${id + 2}`);
  const double = textOf(node, 'postmaster@mx.test.example');
  assert.match(double, /^Received: .*\nDate: .*\nFrom: MAILER-DAEMON@mx.test.example\nTo: postmaster@mx.test.example\n/);
  assert.ok(
    double.includes('\nI tried to deliver a bounce message to this address, but the bounce bounced!\n\n<ann@far.example>:\n'),
  );
  assert.ok(
    double.includes('\n--- Below this line is the original bounce.\n\nReturn-Path: <>\nReceived: (qmail 100 invoked for bounce)'),
  );
  const sender = node.slots.attempts.find(({ recipient }) => recipient === 'postmaster@mx.test.example')?.delivery.sender;
  assert.equal(sender, '#@[]');
  assert.ok(node.log.lines.includes(`bounce msg ${id + 1} qp 101`));
  assert.ok(node.log.lines.some((line) => line.startsWith(`info msg ${id + 2}: `) && line.includes(' from <#@[]> qp 101 uid 7')));
  const end = node.log.lines.indexOf(`triple bounce: discarding bounce/${id + 2}`);
  assert.equal(node.log.lines[end + 1], `end msg ${id + 2}`);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('a mailing list gets one bounce for all recipients', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('owner') ? 'K' : 'D') });
  const id = await node.accepted('owner-@far.example-@[]', ['a@far.example', 'b@far.example']);
  await node.log.line(`end msg ${id + 1}`);
  const text = textOf(node, 'owner-@far.example');
  assert.ok(text.includes('\nTo: owner-@far.example\n'));
  assert.ok(text.includes('\nReturn-Path: <owner-@far.example>\n'));
  assert.ok(text.includes('<a@far.example>:\n') && text.includes('<b@far.example>:\n'));
  await node.stop();
});

test('a bounce that cannot be kept is tried again later', async () => {
  const node = await OneThreadNode.started({ script: (to) => (to.startsWith('joe') ? 'D' : 'K') });
  let refusals = 1;
  node.watched.refuse = (name) => name === 'finish' && refusals-- > 0;
  const id = await node.accepted('ann@far.example', ['joe@mx.test.example']);
  await node.log.line('warning: trouble injecting bounce message, will try later');
  await node.clock.advance(122);
  assert.equal(node.slots.delivered.length, 0);
  await node.clock.advance(1);
  await node.log.line(`end msg ${id + 1}`);
  assert.deepEqual(node.slots.delivered, ['ann@far.example']);
  assert.equal(node.slots.times('joe@mx.test.example', 0).length, 1);
  await node.stop();
});
