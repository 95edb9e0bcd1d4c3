/** What goes to syslog, and TAI64N labels there and back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineStamp, syslogEntries } from '../../../src/protocol/log/syslog.js';
import { readTai64n, tai64n } from '../../../src/protocol/tai64n.js';

test('the beginning of a line is its severity; odd octets are masked; empty lines are nothing', () => {
  const one = (line: string): unknown => syslogEntries(line, lineStamp(line, 2, 1_795_000_000_123.5));
  assert.deepEqual(one('alert: oh no\t\xe9'), [{ priority: 17, text: '1795000000.123500 alert: oh no??' }]);
  assert.deepEqual(one('warning: x'), [{ priority: 20, text: '1795000000.123500 warning: x' }]);
  assert.deepEqual(one('new msg 1'), [{ priority: 22, text: '1795000000.123500 new msg 1' }]);
  assert.deepEqual(one(''), []);
});

test('a long line goes on with a plus', () => {
  const entries = syslogEntries('x'.repeat(1_700), lineStamp('x', 2, 0));
  assert.deepEqual(
    entries.map(({ text }) => [text.length, text.slice(0, 9)]),
    [
      [808, '0.000000 '],
      [808, '0.000000+'],
      [111, '0.000000+'],
    ],
  );
});

test('a TAI64N label is read as it was written', () => {
  assert.deepEqual(readTai64n('@4000000038c3eeb104a6ecf4 x'), { seconds: 952_364_711, nanoseconds: 78_048_500 });
  for (const wrong of ['@40000000', 'x@4000000038c3eeb104a6ecf4', '@4000000038C3EEB104a6ecf4', '@4000000038c3eeb1ffffffff'])
    assert.equal(readTai64n(wrong), undefined, wrong);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanoseconds) => {
      assert.deepEqual(readTai64n(tai64n(seconds, nanoseconds)), { seconds, nanoseconds });
    }),
  );
});
