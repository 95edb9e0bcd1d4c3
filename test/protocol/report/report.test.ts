/** Figures out of logs: what each kind of line says, what belongs together, and that memory stays bounded. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonFields } from '../../../src/protocol/log-fields.js';
import { type LogEvent, renderLogLine } from '../../../src/protocol/log-line.js';
import { Distribution, Slowest } from '../../../src/protocol/report/delays.js';
import { Figures } from '../../../src/protocol/report/figures.js';
import { deliveryLine, messageLine } from '../../../src/protocol/report/matched-lines.js';
import { Matchup } from '../../../src/protocol/report/matchup.js';
import { readReportLine } from '../../../src/protocol/report/read-line.js';
import { others, Tally } from '../../../src/protocol/report/tally.js';
import { reportPart } from '../../../src/protocol/report/text.js';
import { tai64n } from '../../../src/protocol/tai64n.js';

const events: readonly (readonly [number, LogEvent])[] = [
  [100, { event: 'new msg', msg: 7 }],
  [100, { event: 'info msg', msg: 7, bytes: 500, sender: 'Joe@A.example', qp: 12, uid: 1000 }],
  [101, { event: 'starting delivery', delivery: 1, msg: 7, channel: 'remote', recipient: 'x@B.example' }],
  [101, { event: 'starting delivery', delivery: 2, msg: 7, channel: 'local', recipient: 'y@c.example' }],
  [101.5, { event: 'delivery', delivery: 2, result: 'success', text: 'did_1+0+0/' }],
  [103, { event: 'delivery', delivery: 1, result: 'deferral', text: 'try later\n' }],
  [110, { event: 'starting delivery', delivery: 3, msg: 7, channel: 'remote', recipient: 'x@B.example' }],
  [111, { event: 'delivery', delivery: 3, result: 'failure', text: 'no\n' }],
  [111, { event: 'end msg', msg: 7 }],
];

function stampedLines(): readonly (readonly string[])[] {
  const label = (time: number): string => tai64n(Math.floor(time), Math.round((time % 1) * 1e9));
  const base = 1_795_000_000;
  return [
    events.map(([at, event]) => `${label(base + at)} ${renderLogLine(event)}`),
    events.map(([at, event]) => `${(base + at).toFixed(6)} ${renderLogLine(event)}`),
    events.map(([at, event]) => `Nov 21 10:00:00 host qmail: ${(base + at).toFixed(6)} ${renderLogLine(event)}`),
    events.map(([at, event]) => JSON.stringify({ time: new Date((base + at) * 1000).toISOString(), ...jsonFields(event) })),
  ];
}

function matched(lines: readonly string[]): { out: string[]; figures: Figures } {
  const out: string[] = [];
  const figures = new Figures(5);
  const matchup = new Matchup({
    delivery: (one) => {
      out.push(deliveryLine(one));
      figures.delivery(one);
    },
    message: (one) => {
      out.push(messageLine(one));
      figures.message(one);
    },
  });
  for (const line of lines) {
    const found = readReportLine(line);
    if (found !== undefined) matchup.take(found);
  }
  return { out, figures };
}

test('every format of a log says the same', () => {
  for (const lines of stampedLines()) {
    assert.deepEqual(matched(lines).out, [
      'd k 1795000100.000000 1795000101.000000 1795000101.500000 500 <joe@a.example> local.y@c.example 12 1000 did_1+0+0/',
      'd z 1795000100.000000 1795000101.000000 1795000103.000000 500 <joe@a.example> remote.x@b.example 12 1000 try_later/',
      'd d 1795000100.000000 1795000110.000000 1795000111.000000 500 <joe@a.example> remote.x@b.example 12 1000 no/',
      'm 1795000100.000000 1795000111.000000 500 1 1 1 <joe@a.example> 12 1000',
    ]);
  }
});

test('the overall numbers are those of zoverall', () => {
  const [lines = []] = stampedLines();
  const { figures } = matched(['status: local 0/10 remote 0/20', 'some other program says this', ...lines]);
  assert.equal(
    reportPart('overall', figures, 5),
    `Completed messages: 1
Recipients for completed messages: 2
Total delivery attempts for completed messages: 3
Average delivery attempts per completed message: 3.0000
Bytes in completed messages: 500
Bytes weighted by success: 500
Average message qtime (s): 11.0000
Total delivery attempts: 3
  success: 1
  failure: 1
  deferral: 1
Total ddelay (s): 1.500000
Average ddelay per success (s): 1.5000
Total xdelay (s): 3.500000
Average xdelay per delivery attempt (s): 1.1667
Time span (days): 0.0001
Average concurrency: 0.3182
`,
  );
  assert.equal(
    reportPart('hosts', figures, 1),
    `Recipient hosts, by attempts
sbytes  tries  ok  defer  fail  xdelay   avg  host
     0      2   0      1     1    3.00  1.50  remote.b.example
1 more
`,
  );
  assert.equal(
    reportPart('senders', figures, 5),
    `Senders, by messages
mess  bytes  sbytes  rbytes  recips  tries  ok  defer  fail  xdelay  sender
   1    500     500    1000       2      3   1      1     1    3.50  joe@a.example
`,
  );
  assert.equal(
    reportPart('rxdelay', figures, 5),
    'Recipients, quickest first\n avg  tries  recipient\n0.50      1  local.y@c.example\n1.50      2  remote.x@b.example\n',
  );
  assert.match(reportPart('successes', figures, 5), /^ 1 {4}0\.50 {2}did_1\+0\+0\/$/m);
  assert.match(reportPart('delays', figures, 5), /^ {3}1\.5\d {2}1\.50 {2}100 %$/m);
  assert.match(reportPart('slowest', figures, 5), /^ {2}1\.50 {4}0\.50 {2}local\.y@c\.example from <joe@a\.example>$/m);
  assert.match(reportPart('failures', figures, 5), /^ {3}1 {4}1\.00 {2}no\/$/m);
  assert.match(reportPart('deferrals', figures, 5), /^ {4}1 {4}2\.00 {2}try_later\/$/m);
});

test('a log without stamps, and one that begins in the middle, count what they can', () => {
  const plain = matched(events.map(([, event]) => renderLogLine(event)));
  assert.equal(plain.figures.overall.messages, 1);
  assert.equal(plain.figures.overall.xdelay, 0);
  assert.equal(plain.figures.distribution.total, 0);
  assert.equal(plain.figures.senders.size, 1);
  const [lines = []] = stampedLines();
  const late = matched(lines.slice(2));
  assert.equal(late.figures.overall.success, 1);
  assert.equal(late.figures.overall.messages, 0);
  assert.equal(late.figures.senders.size, 0);
  assert.equal(late.figures.overall.xdelay, 3.5);
});

test('a line is read or passed over, whatever it holds', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constantFrom('{', '@', 'delivery 1: ', 'new msg x')), (line) => {
      readReportLine(line);
    }),
  );
});

test('too many names are put together, none of the amounts is lost and the large ones stay', () => {
  const tally = new Tally(({ attempts }) => attempts, 10);
  tally.of('large').attempts += 1_000;
  for (let n = 0; n < 500; n++) tally.of(`name ${n}`).attempts += 1;
  // A name as any other: a sender may be called so.
  for (let n = 0; n < 20; n++) tally.of(n % 3 === 0 ? others : `more ${n}`).attempts += 1;
  assert.ok(tally.size <= 11);
  const all = tally.largest(100);
  assert.deepEqual([all[0]?.[0], all[1]?.[0]], ['large', others]);
  assert.equal(
    all.reduce((sum, [, { attempts }]) => sum + attempts, 0),
    1_520,
  );
});

test('delays: shares within a twentieth, and the longest in order', () => {
  const distribution = new Distribution();
  const slowest = new Slowest(3);
  const delivery = {
    result: 'success',
    known: true,
    birth: 0,
    begun: 0,
    ended: 1,
    bytes: 0,
    sender: '',
    channel: 'local',
  } as const;
  for (let n = 1; n <= 1_000; n++) {
    distribution.add(n / 10);
    slowest.add((n * 7) % 1_000, { ...delivery, recipient: String(n), qp: 0, uid: 0, reason: '' });
  }
  for (const percent of [1, 50, 99, 100]) {
    const doneBy = distribution.doneBy(percent)?.seconds ?? 0;
    assert.ok(doneBy >= percent && doneBy <= percent * 1.05, `${percent}: ${doneBy}`);
  }
  assert.deepEqual(
    slowest.list.map(({ seconds }) => seconds),
    [999, 998, 997],
  );
});

test('a recorded log of qmail: every delivery and message is accounted for', () => {
  const file = new URL('../../../../test/protocol/fixtures/observed/send-1.txt', import.meta.url);
  const lines = readFileSync(file, 'latin1').split('\n');
  const { figures } = matched(lines);
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
  const { success, failure, deferral, messages } = figures.overall;
  assert.deepEqual(
    [success, failure, deferral, messages],
    [
      count(/^delivery \d+: success: /),
      count(/^delivery \d+: failure: /),
      count(/^delivery \d+: deferral: /),
      count(/^end msg /),
    ],
  );
  assert.ok(success > 0 && failure > 0 && deferral > 0);
});
