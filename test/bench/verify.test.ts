/**
 * The bench's judgement of two ledgers: it must notice a lost, a doubled and an altered message.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { deliveredRecord } from '../../bench/arrivals.js';
import { readLedger, verify } from '../../bench/verify.js';
import { formatLedgerMark, formatLedgerRecord, type LedgerRecord, type LedgerVerdict } from '../../src/protocol/ledger.js';

function record(sequence: number, recipient: number, verdict: LedgerVerdict, us = 0): LedgerRecord {
  return { run: '0000000a', sequence, recipient, verdict, us };
}

const sent = [record(0, 0, 'a', 1_000), record(0, 1, 'a', 1_000), record(1, 0, 'a', 2_000), record(2, 0, 'r', 3_000)];
const arrived = [record(0, 0, 'i', 5_000), record(0, 1, 'i', 6_000), record(1, 0, 'i', 4_000)];

test('all that was accepted arrived once', () => {
  const verdict = verify(sent, arrived);
  assert.deepEqual([verdict.lost, verdict.duplicate, verdict.altered, verdict.unasked], [0, 0, 0, 0]);
  assert.equal(verdict.lastUs, 6_000);
  assert.deepEqual(verdict.delaysMs, [4, 5, 2]);
});

test('a lost recipient is noticed although the count is right', () => {
  const verdict = verify(sent, [record(0, 0, 'i'), record(0, 0, 'i'), record(1, 0, 'i')]);
  assert.deepEqual([verdict.lost, verdict.duplicate], [1, 1]);
});

test('a second copy is noticed', () => {
  assert.equal(verify(sent, [...arrived, record(1, 0, 'i')]).duplicate, 1);
});

test('an altered message is noticed and is not the one that was accepted', () => {
  const verdict = verify(sent, [record(0, 0, 'x'), record(0, 1, 'i'), record(1, 0, 'i')]);
  assert.deepEqual([verdict.altered, verdict.lost], [1, 1]);
});

test('what was refused and arrived all the same is noticed', () => {
  assert.equal(verify(sent, [...arrived, record(2, 0, 'i')]).unasked, 1);
});

test('a torn last line of a ledger is left out, a damaged one is an error', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tqmail-ledger-'));
  const file = path.join(dir, 'ledger');
  const line = formatLedgerRecord('0000000a', 1, 0, 'i', 7);
  writeFileSync(file, line + line.slice(0, 20));
  assert.deepEqual(readLedger(file), [record(1, 0, 'i', 7)]);
  writeFileSync(file, line.replace('0000000a', '0000000Z'));
  assert.throws(() => readLedger(file), /damaged ledger record at octet 0/);
  rmSync(dir, { recursive: true });
});

test('a delivered file is judged by its body in wire form', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tqmail-delivered-'));
  const file = path.join(dir, 'message');
  const mark = {
    run: '0000000a',
    sequence: 4,
    messages: 9,
    recipients: 1,
    checksum: crc32('one\r\n..two\r\n'),
    pattern: 'u@box.test',
  };
  const text = `Return-Path: <s@x>\nReceived: by x\n${formatLedgerMark(mark)}\nSubject: t\n\n`;
  writeFileSync(file, `${text}one\n.two\n`);
  assert.equal(deliveredRecord(file, 'u@box.test').verdict, 'i');
  assert.equal(deliveredRecord(file, 'v@box.test').verdict, 'x');
  writeFileSync(file, `${text}one\ntwo\n`);
  assert.equal(deliveredRecord(file, 'u@box.test').verdict, 'x');
  writeFileSync(file, 'Subject: none of ours\n\n');
  assert.equal(deliveredRecord(file, 'u@box.test').verdict, 'x');
  rmSync(dir, { recursive: true });
});
