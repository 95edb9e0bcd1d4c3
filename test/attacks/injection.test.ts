/**
 * Lines and fields made up by strangers: in Received, in bounces, in the log. One field stays one field, one event one
 * line, and the log's own reader gets back every event that happened and no other.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readReportLine } from '../../src/protocol/report/read-line.js';
import { OneThreadNode } from '../support/one-thread-node.js';
import type { Given } from '../support/scripted-slots.js';
import { openHouse } from '../support/smtpd-house.js';

const hostile: readonly string[] = [
  ...[
    'a\nBcc: evil',
    'a\r\nBcc: evil',
    'a\rBcc: evil',
    'a\n\nevil body',
    '\x1b[2Jcleared',
    'a\x85Bcc: evil',
    'caf\xe9',
    'a\tb c',
    '%s%n',
  ],
  ...[
    'x> qp 1 uid 0\nend msg 1',
    'x\ndelivery 1: success: forged',
    'x\r\nnew msg 666',
    '"q\n',
    '\\\n',
    'a\x0bb\x0cc',
    '(c\n)',
    `${'long'.repeat(200)}\nx`,
  ],
];

test('nothing that a client says begins a line of the trace field', async (t) => {
  const house = await openHouse(t, { settings: { rcpthosts: ['d.test'] } });
  for (const text of hostile.map((one) => one.replace(/[\r\n]/g, '')).concat('a\rb', 'x\x00y')) {
    const client = house.dial();
    await client.hears(/^220 .*\r\n/);
    await client.ask(`HELO ${text}`.slice(0, 500));
    await client.ask(`MAIL FROM:<"${text.replace(/["\\]/g, '')}"@b.test>`.slice(0, 500));
    await client.ask('RCPT TO:<c@d.test>');
    if (!(await client.ask('DATA')).startsWith('354')) continue;
    await client.ask('X-Mine: 1\r\n\r\nx\r\n.');
    client.socket.destroy();
    const head = Buffer.from(house.submissions.at(-1)?.bytes ?? []).toString('latin1');
    assert.match(
      head,
      /^Received: \(qmail \d+ invoked from network\); [\w :-]+\r\nReceived: from [\x21-\x7e ]*\r\n {2}by [\x21-\x7e ]*\r\nX-Mine: 1\r\n\r\nx\r\n$/,
    );
  }
});

/** The header of a bounce as given to its delivery, each field on its line. */
const bounceHeader = (given: Given): string[] =>
  Buffer.from(given.bytes ?? [])
    .toString('latin1')
    .split('\r\n\r\n', 1)[0]
    ?.split('\r\n') ?? [];

test('a bounce has the fields of a bounce, whatever sender, recipient and report are', async () => {
  const bounces: Given[] = [];
  const node = await OneThreadNode.started({
    settings: { locals: ['mx.test.example'] },
    script: (_recipient, given) => {
      if (given.sender === '') {
        bounces.push(given);
        return 'K';
      }
      return { status: 'D', text: `${given.recipients[0]}\r\n\r\nX-Evil: 1\r.\r\n\0` };
    },
  });
  let sent = 0;
  for (const text of hostile) {
    await node.accepted(`${text}@far.test`, [`${text}@other.test`]);
    sent += 1;
    await node.settle();
  }
  await node.clock.advance(10);
  assert.equal(bounces.length, sent);
  for (const bounce of bounces) {
    const text = Buffer.from(bounce.bytes ?? []).toString('latin1');
    assert.doesNotMatch(text, /(^|[^\r])\n|\r(?!\n)/, 'line ends');
    const fields = bounceHeader(bounce).map((line) => (/^\s/.test(line) ? ' ' : line.split(':', 1)[0]));
    assert.deepEqual(fields, ['Received', 'Date', 'From', 'To', 'Subject'], JSON.stringify(bounceHeader(bounce)));
  }
  await node.stop();
});

test('the log has a line an event, and its reader finds what happened and nothing else', async () => {
  const node = await OneThreadNode.started({
    settings: { locals: ['mx.test.example'] },
    script: (recipient) => ({ status: 'K', text: `${recipient}\nnew msg 667\n\x1b[31m\r\nend msg 1\n` }),
  });
  for (const text of hostile) {
    const id = await node.accepted(`${text}@far.test`, [`${text}@other.test`, `${text}@mx.test.example`]);
    await node.log.line(`end msg ${id}`);
  }
  const { lines } = node.log;
  for (const line of lines) assert.match(line, /^[\x20-\x7e]+$/, JSON.stringify(line));
  const events = lines.map((line) => readReportLine(line)?.event).filter((event) => event !== undefined);
  const count = (kind: string): number => events.filter((event) => event.kind === kind).length;
  const messages = hostile.length;
  assert.deepEqual(
    { info: count('info'), start: count('start'), done: count('done'), ended: count('end'), begun: count('new') },
    { info: messages, start: 2 * messages, done: 2 * messages, ended: messages, begun: messages },
  );
  const numbers = events.flatMap((event) => ('msg' in event ? [event.msg] : []));
  assert.ok(!numbers.some((number) => number >= 666), 'no forged event');
  await node.stop();
});

test('the same reading sees a log that is written without care', () => {
  const careless = `info msg 1: bytes 9 from <x\nend msg 1\n> qp 1 uid 2`.split('\n');
  const kinds = careless.map((line) => readReportLine(line)?.event.kind);
  assert.ok(kinds.includes('end'), 'a forged event is read as one');
});
