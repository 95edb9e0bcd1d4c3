/** Placeholders stand for values of the moment alone: what looks alike and is part of the input stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueWithPlaceholders } from './runner/placeholders.js';

const now = Date.UTC(2026, 10, 5, 6, 7, 8) / 1000;
const replaced = (value: unknown): unknown => valueWithPlaceholders(value, { from: now, to: now + 1, host: 'a-host.example' });

test('every volatile value of the recording has its placeholder', () => {
  const pairs = [
    ['with SMTP; 5 Nov 2026 06:07:08 -0000\n', 'with SMTP; {DATE}\n'],
    ['From a@b Thu Nov  5 06:07:09 2026\n', 'From a@b {CTIME}\n'],
    ['<20261105060708.4711.qmail@h>', '<{STAMP}.{PID}.qmail@h>'],
    [`250 ok ${now} qp 4711\r\n`, '250 ok {TIME} qp {PID}\r\n'],
    [`32:Kok ${now} qp 4711,`, '{LEN}:Kok {TIME} qp {PID},'],
    [`+OK <4711.${now}@pop>`, '+OK <{PID}.{TIME}@pop>'],
    [`new/${now}.Q12ab.a-host.example`, 'new/{TIME}.{PID}.oracle.example.com'],
    [`joe-${now}.4711-@h`, 'joe-{TIME}.{PID}-@h'],
    ['(qmail 4711 invoked by uid 0)', '(qmail {PID} invoked by uid 0)'],
    ['did 0+1+0\nqp 4711\n', 'did 0+1+0\nqp {PID}\n'],
    ['success: qp_4711/', 'success: qp_{PID}/'],
  ];
  for (const [text, expected] of pairs) assert.equal(replaced(text), expected);
});

test('times of another moment stay, in every text of a value', () => {
  const old = now - 60;
  const kept = [
    '1 Jan 2020 00:00:00 -0000',
    '5 Nov 2026 06:06:08 -0000',
    'Thu Nov  5 06:08:08 2026',
    '20200101000000.1.qmail@h',
    `ok ${old}`,
    `<1.${old}@pop>`,
    `${old}.1.a-host.example`,
  ];
  assert.deepEqual(replaced({ list: kept, exit: 0, none: null }), { list: kept, exit: 0, none: null });
});
