/** Log lines: recorded logs taken apart and rendered again, safe encoding, JSON fields, stamps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonFields, logLevel } from '../../src/protocol/log-fields.js';
import { type LogEvent, logSafe, renderLogLine } from '../../src/protocol/log-line.js';
import { tai64n } from '../../src/protocol/tai64n.js';
import { fixture } from './fixture.js';

type Taken = readonly [form: RegExp, event: (m: readonly string[]) => LogEvent];
const n = (text: string | undefined) => Number(text);
const results = ['success', 'failure', 'deferral'] as const;

/** The grammar of the log, backwards: from a line to the event that it tells of. */
const forms: readonly Taken[] = [
  [/^new msg (\d+)$/, (m) => ({ event: 'new msg', msg: n(m[1]) })],
  [/^end msg (\d+)$/, (m) => ({ event: 'end msg', msg: n(m[1]) })],
  [
    /^info msg (\d+): bytes (\d+) from <(.*)> qp (\d+) uid (\d+)$/,
    (m) => ({ event: 'info msg', msg: n(m[1]), bytes: n(m[2]), sender: m[3] ?? '', qp: n(m[4]), uid: n(m[5]) }),
  ],
  [/^bounce msg (\d+) qp (\d+)$/, (m) => ({ event: 'bounce msg', msg: n(m[1]), qp: n(m[2]) })],
  [/^triple bounce: discarding bounce\/(\d+)$/, (m) => ({ event: 'triple bounce', msg: n(m[1]) })],
  [
    /^starting delivery (\d+): msg (\d+) to (local|remote) (.*)$/,
    (m) => ({
      event: 'starting delivery',
      delivery: n(m[1]),
      msg: n(m[2]),
      channel: m[3] === 'local' ? 'local' : 'remote',
      recipient: m[4] ?? '',
    }),
  ],
  [
    /^delivery (\d+): (success|failure|deferral): (.*)$/,
    (m) => ({ event: 'delivery', delivery: n(m[1]), result: results.find((r) => r === m[2]) ?? 'mangled', text: m[3] ?? '' }),
  ],
  [
    /^status: local (\d+)\/(\d+) remote (\d+)\/(\d+)( exitasap)?$/,
    (m) => ({
      event: 'status',
      local: n(m[1]),
      localMax: n(m[2]),
      remote: n(m[3]),
      remoteMax: n(m[4]),
      exitasap: m[5] !== undefined,
    }),
  ],
  [/^status: exiting$/, () => ({ event: 'exiting' })],
  [/^alert: (.*)$/, (m) => ({ event: 'alert', text: m[1] ?? '' })],
  [/^warning: (.*)$/, (m) => ({ event: 'warning', text: m[1] ?? '' })],
];

function eventOf(line: string): LogEvent {
  for (const [form, event] of forms) {
    const match = form.exec(line);
    if (match !== null) return event(match);
  }
  throw new Error(`no form fits ${line}`);
}

for (const name of ['send-1', 'send-2-routing', 'send-3-bounces']) {
  test(`recorded log ${name} comes out line by line`, () => {
    const lines = fixture(`observed/${name}.txt`).split('\n').filter(Boolean);
    assert.ok(lines.length > 20);
    for (const line of lines) assert.equal(renderLogLine(eventOf(line)), line);
  });
}

test('texts as they are before the safe encoding, and as they were logged', () => {
  const line = (text: string) => renderLogLine({ event: 'delivery', delivery: 3, result: 'failure', text });
  assert.equal(line('line1\n\nline3 50% \xc3\xa9\n'), 'delivery 3: failure: line1//line3_50____/');
  assert.equal(
    line('Sorry, no mailbox here by that name. (#5.1.1)\n'),
    'delivery 3: failure: Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/',
  );
  assert.equal(line(''), 'delivery 3: failure: ');
  assert.equal(
    renderLogLine({ event: 'starting delivery', delivery: 1, msg: 2, channel: 'local', recipient: 'z%foo@mx.test.example' }),
    'starting delivery 1: msg 2 to local z_foo@mx.test.example',
  );
  assert.equal(
    renderLogLine({ event: 'info msg', msg: 1, bytes: 2, sender: '#@[]', qp: 3, uid: 7 }),
    'info msg 1: bytes 2 from <#@[]> qp 3 uid 7',
  );
});

test('events that no recording holds', () => {
  assert.equal(
    renderLogLine({ event: 'delivery', delivery: 9, result: 'mangled', text: 'x' }),
    'delivery 9: report mangled, will defer',
  );
  const status = { event: 'status', local: 1, localMax: 10, remote: 0, remoteMax: 20, exitasap: true } as const;
  assert.equal(renderLogLine(status), 'status: local 1/10 remote 0/20 exitasap');
  assert.equal(renderLogLine({ event: 'alert', text: 'out of memory, sleeping...' }), 'alert: out of memory, sleeping...');
  assert.equal(renderLogLine({ event: 'info', text: 'a\nnew msg 1\r' }), 'info: a/new msg 1_');
});

test('safe text is octet for octet what log.md says, and safe again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      const safe = logSafe(String.fromCharCode(...octets));
      const expected = [...octets].map((o) => (o === 10 ? '/' : o < 33 || o > 126 || o === 0x25 ? '_' : String.fromCharCode(o)));
      assert.equal(safe, expected.join(''));
      assert.equal(logSafe(safe), safe);
    }),
  );
});

test('no event can be two lines', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const events: LogEvent[] = [
        { event: 'warning', text },
        { event: 'delivery', delivery: 1, result: 'deferral', text },
        { event: 'info msg', msg: 1, bytes: 1, sender: text, qp: 1, uid: 1 },
      ];
      for (const event of events) assert.match(renderLogLine(event), /^[\x20-\x7e]*$/);
    }),
  );
});

test('fields for JSON: the event as a word, then its values', () => {
  assert.deepEqual(jsonFields({ event: 'bounce msg', msg: 1, qp: 2 }), { event: 'bounce_msg', msg: 1, qp: 2 });
  assert.deepEqual(jsonFields({ event: 'delivery', delivery: 1, result: 'success', text: 'a b\n' }), {
    event: 'delivery',
    delivery: 1,
    result: 'success',
    text: 'a b\n',
  });
  assert.deepEqual([logLevel({ event: 'alert', text: '' }), logLevel({ event: 'warning', text: '' })], ['error', 'warn']);
  assert.equal(logLevel({ event: 'exiting' }), 'info');
});

test('TAI64N stamps', () => {
  // 1 January 1970 is second 2^62 + 10; the second stamp has all eight digits of nanoseconds.
  assert.equal(tai64n(0, 0), '@400000000000000a00000000');
  assert.equal(tai64n(1_795_000_000, 999_999_999), `@40000000${(1_795_000_010).toString(16)}3b9ac9ff`);
  assert.equal(tai64n(2 ** 32 - 10, 1), '@400000010000000000000001');
});
