/** Time zones in POSIX form: offsets, rules of summer time, what is no such zone; checked against the zone database. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLocalDate } from '../../src/protocol/date.js';
import { offsetAt, parsePosixZone } from '../../src/protocol/posix-zone.js';

const at = (text: string): number => Date.parse(text) / 1000;

function offset(zone: string, moment: string): number | undefined {
  const parsed = parsePosixZone(zone);
  return parsed && offsetAt(parsed, at(moment));
}

test('zones without summer time', () => {
  assert.equal(offset('UTC0', '2026-01-01T00:00:00Z'), 0);
  assert.equal(offset('EST5', '2026-07-01T00:00:00Z'), -5 * 3600);
  assert.equal(offset('IST-5:30', '2026-07-01T00:00:00Z'), 19_800);
  assert.equal(offset('<+03>-3', '2026-07-01T00:00:00Z'), 10_800);
  assert.equal(offset('LMT-0:19:32', '1930-07-01T00:00:00Z'), 1172);
});

test('other forms of a rule', () => {
  // Day 60 with J is 1 March in every year; counted from 0, a leap year has one day more before it.
  const julian = 'AAA0BBB,J60/0,J300/0';
  assert.equal(offset(julian, '2024-02-29T23:59:59Z'), 0);
  assert.equal(offset(julian, '2024-03-01T00:00:00Z'), 3600);
  const counted = 'AAA0BBB,59/0,300/0';
  assert.equal(offset(counted, '2023-03-01T00:00:00Z'), 3600);
  assert.equal(offset(counted, '2024-02-29T00:00:00Z'), 3600);
  assert.equal(offset('AAA0BBB-2,J1/0,J365/23', '2024-06-01T00:00:00Z'), 7200);
});

test('what is no zone in POSIX form', () => {
  for (const text of ['', 'Europe/Berlin', 'EST', 'EST5EDT', '5', 'EST5EDT,M13.1.0,M11.1.0', 'EST5EDT,M3.2.0', 'EST5x']) {
    assert.equal(parsePosixZone(text), undefined, text);
  }
});

const pairs = [
  ['EST5EDT,M3.2.0,M11.1.0', 'America/New_York'],
  ['CET-1CEST,M3.5.0,M10.5.0/3', 'Europe/Berlin'],
  ['AEST-10AEDT,M10.1.0,M4.1.0/3', 'Australia/Sydney'],
] as const;

/** The wall clock of a zone of the database, as seconds since 1970. */
function wallClock(zone: string): (seconds: number) => number {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' });
  return (seconds) => Date.parse(`${format.format(new Date(seconds * 1000)).replace(', ', 'T')}Z`) / 1000;
}

test('agrees with the zone database at any moment since 2008', () => {
  for (const [posix, name] of pairs) {
    const zone = parsePosixZone(posix);
    assert.ok(zone !== undefined);
    const wall = wallClock(name);
    fc.assert(
      fc.property(fc.integer({ min: at('2008-06-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') }), (seconds) => {
        assert.equal(seconds + offsetAt(zone, seconds), wall(seconds), `${name} at ${seconds}`);
      }),
      { numRuns: 300 },
    );
  }
});

test('a local date names its zone to the minute', () => {
  const moment = at('2026-11-21T23:30:00Z');
  assert.equal(formatLocalDate(moment, 3600), '22 Nov 2026 00:30:00 +0100');
  assert.equal(formatLocalDate(moment, -12_600), '21 Nov 2026 20:00:00 -0330');
  assert.equal(formatLocalDate(moment, 1172), '21 Nov 2026 23:49:32 +0020');
});
