/**
 * The sink's own verdict on marked messages: lost, duplicate, altered, late; its latency; its file, also a full disk and a resume.
 */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { monotonicUs } from '../../../src/actors/kernel/monotonic.js';
import { ArrivalBook } from '../../../src/actors/sink/arrival-book.js';
import { startSink } from '../../../src/actors/sink/sink.js';
import { formatLedgerMark, type LedgerMark, ledgerRecordLength } from '../../../src/protocol/ledger.js';
import { parseLedgerMark } from '../../../src/protocol/ledger-mark-reader.js';
import { submit } from './submit.js';

const body = 'body\r\n';
const plan = { run: '00c0ffee', messages: 4, recipients: 2, pattern: 'r#@x' };

function marked(sequence: number, changes: Partial<LedgerMark> = {}): string {
  const mark = { ...plan, sequence, checksum: crc32(body), ...changes };
  return `${formatLedgerMark(mark)}\r\nSubject: ${sequence}\r\n\r\n${body}`;
}

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-ledger-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('a mark may say when it was sent, and need not', () => {
  const mark = { ...plan, sequence: 3, checksum: 7 };
  for (const one of [mark, { ...mark, sentUs: 123_456_789 }]) {
    assert.deepEqual(parseLedgerMark(formatLedgerMark(one).slice('X-Tqmail-Ledger: '.length)), one);
  }
});

test('lost, duplicate, altered and late are told apart', async (t) => {
  const sink = await startSink({ lateMs: 1_000 });
  t.after(() => sink.close());
  const both = ['r0@x', 'r1@x'];
  const now = monotonicUs();
  await submit(sink.port(), { recipients: both, body: marked(0, { sentUs: now }) });
  await submit(sink.port(), { recipients: ['r0@x'], body: marked(1, { sentUs: now - 2_000_000 }) });
  await submit(sink.port(), { recipients: ['r1@x'], body: marked(0, { sentUs: now }) });
  await submit(sink.port(), { recipients: ['r0@x'], body: `${marked(2)}more\r\n` });
  await submit(sink.port(), { recipients: ['r7@x'], body: marked(2) });
  await submit(sink.port(), { recipients: ['r0@x'], body: marked(3).replace('00c0ffee', '00-c0ffee') });
  const { verdict, latency, messages, unmarked } = sink.report();
  assert.deepEqual([messages, unmarked], [6, 1]);
  assert.deepEqual(verdict, { lost: 5, duplicate: 1, altered: 2, late: 1, unchecked: 0 });
  assert.equal(latency?.count, 4);
  assert.ok(latency.max >= 2_000 && latency.max < 12_000 && latency.p50 < 1_000 && latency.min > 0, JSON.stringify(latency));
});

test('the percentiles of latency are within 0.1 %', async (t) => {
  const sink = await startSink({ keep: 0 });
  t.after(() => sink.close());
  // Sent seconds ago, so that the milliseconds of the test itself stay below the bound.
  for (let i = 0; i < 20; i++)
    await submit(sink.port(), { recipients: ['r0@x'], body: marked(i, { sentUs: monotonicUs() - 60_000_000 * (i + 1) }) });
  const { latency } = sink.report();
  assert.ok(latency !== undefined);
  for (const [name, ms] of [
    ['p50', 600_000],
    ['p90', 1_080_000],
    ['p99', 1_200_000],
  ] as const) {
    assert.ok(Math.abs(latency[name] / ms - 1) < 0.003, `${name}: ${latency[name]}`);
  }
});

test('a sink that goes on with a ledger file knows what came before', async (t) => {
  const ledger = join(folder(t), 'ledger');
  const first = await startSink({ ledger });
  await submit(first.port(), { recipients: ['r0@x'], body: marked(0) });
  await submit(first.port(), { recipients: ['r1@x'], body: marked(1) });
  await first.close();
  appendFileSync(ledger, 'torn');
  const second = await startSink({ ledger, resume: true });
  assert.equal(second.report().verdict?.duplicate, 0);
  await submit(second.port(), { recipients: ['r0@x', 'r1@x'], body: marked(1) });
  assert.deepEqual(second.report().verdict, { lost: 5, duplicate: 1, altered: 0, late: 0, unchecked: 0 });
  await second.close();
  assert.equal(readFileSync(ledger).length, 4 * ledgerRecordLength);
  const third = await startSink({ ledger });
  await third.close();
  assert.equal(readFileSync(ledger).length, 0, 'without resume it is emptied');
  appendFileSync(ledger, 'x'.repeat(ledgerRecordLength));
  await assert.rejects(startSink({ ledger, resume: true }), /damaged ledger record at octet 0/);
});

test('a full disk ends the records loudly; mail is taken and judged on', async (t) => {
  if (!existsSync('/dev/full')) return;
  const said: string[] = [];
  const sink = await startSink({ ledger: '/dev/full', troubled: (text) => said.push(text) });
  t.after(() => sink.close());
  await submit(sink.port(), { recipients: ['r0@x'], body: marked(0) });
  while (said.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const replies = await submit(sink.port(), { recipients: ['r1@x'], body: marked(0) });
  assert.equal(replies.at(-2), '250 ok');
  const { messages, verdict, ledgerTrouble } = sink.report();
  assert.deepEqual([messages, verdict?.lost], [2, 6]);
  assert.match(ledgerTrouble ?? '', /^\/dev\/full: ENOSPC.*mail is still taken/);
  assert.deepEqual(said, [ledgerTrouble]);
});

test('the book agrees with a plain count, in any order, restored or not', () => {
  const arrival = fc.record({ sequence: fc.nat(20), index: fc.nat(4), before: fc.boolean() });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 80 }), fc.integer({ min: 1, max: 30 }), (arrivals, messages) => {
      const facts = { run: 'aaaaaaaa', messages, recipients: 5 };
      const book = new ArrivalBook();
      const ordered = [...arrivals.filter(({ before }) => before), ...arrivals.filter(({ before }) => !before)];
      for (const { sequence, index, before } of ordered) {
        if (before) book.restore({ run: facts.run, sequence, recipient: index, verdict: 'i', us: 0 });
        else book.arrive(facts, sequence, index, true, false);
      }
      if (arrivals.every(({ before }) => before)) return;
      const distinct = new Set(arrivals.map(({ sequence, index }) => sequence * 5 + index)).size;
      const highest = Math.max(...arrivals.map(({ sequence }) => sequence));
      assert.deepEqual(book.verdict(), {
        lost: Math.max(messages, highest + 1) * 5 - distinct,
        duplicate: arrivals.length - distinct,
        ...{ altered: 0, late: 0, unchecked: 0 },
      });
    }),
  );
});
