/**
 * Source and sink against each other on loopback: everything arrives, and what a troubled hop does is noticed.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readLedger, type Verdict, verify } from '../../bench/verify.js';
import { type Sink, type SinkOptions, startSink } from '../../src/actors/sink/sink.js';
import type { SourceOptions, SourceReport } from '../../src/actors/source/options.js';
import { runLoad } from '../../src/actors/source/source.js';
import { sourceOrder } from '../support/source-order.js';

const loopback = { address: '127.0.0.1', port: 0 };

interface Outcome {
  readonly report: SourceReport;
  readonly sink: ReturnType<Sink['report']>;
  readonly verdict: Verdict;
}

/** Runs a load, with `change` through a hop that tampers, and judges the two ledgers. */
async function pair(
  changes: Partial<SourceOptions>,
  options: SinkOptions = {},
  change?: (bytes: string) => string,
): Promise<Outcome> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tqmail-load-'));
  const [sent, arrived] = [path.join(dir, 'sent'), path.join(dir, 'arrived')];
  const sink = await startSink({ smtp: loopback, ledger: arrived, ...options });
  const own = sink.listeners[0]?.port ?? 0;
  const hop = change === undefined ? undefined : await tampering(change, own);
  try {
    const report = await runLoad(sourceOrder(hop?.port ?? own, { messages: 40, size: 3_000, ledger: sent, ...changes }));
    await sink.close();
    return { report, sink: sink.report(), verdict: verify(readLedger(sent), readLedger(arrived)) };
  } finally {
    hop?.close();
    await sink.close();
    rmSync(dir, { recursive: true });
  }
}

/** A hop that changes the client's bytes on their way to the server; one connection at a time is enough here. */
async function tampering(change: (bytes: string) => string, port: number): Promise<{ port: number; close(): void }> {
  const server = net.createServer((client) => {
    const upstream = net.connect(port, '127.0.0.1');
    client.on('data', (chunk) => upstream.write(change(chunk.toString('latin1')), 'latin1'));
    upstream.pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close: () => server.close() };
}

test('all messages arrive once, intact, for every recipient', async () => {
  const { report, sink, verdict } = await pair({ recipients: 3 });
  assert.equal(report.accepted, 40);
  assert.equal(report.acceptedRecipients, 120);
  assert.equal(sink.messages, 40);
  assert.equal(sink.recipients, 120);
  assert.deepEqual(sink.verdict, { lost: 0, duplicate: 0, altered: 0, late: 0, unchecked: 0 });
  assert.deepEqual([verdict.lost, verdict.duplicate, verdict.altered, verdict.unasked], [0, 0, 0, 0]);
  assert.ok(report.latencyMs !== null && report.latencyMs.p50 > 0 && report.latencyMs.p99 <= report.latencyMs.max);
});

test('one connection a message, and bodies of every awkward size', async () => {
  for (const size of [0, 1, 20, 21, 22, 93, 94, 95, 96, 1_481, 1_482, 1_483, 1_500, 200_000]) {
    const { report, sink, verdict } = await pair({ messages: 3, sessions: 1, perSession: 1, size });
    assert.equal(report.accepted, 3, `size ${size}`);
    assert.equal(sink.connections, 3);
    assert.deepEqual([verdict.lost, verdict.duplicate, verdict.altered], [0, 0, 0], `size ${size}`);
  }
});

test('an altered body is noticed by the sink and counts as lost', async () => {
  const { sink, verdict } = await pair({ messages: 1, sessions: 1 }, {}, (bytes) => bytes.replace('xxxx\r\n', 'xxyx\r\n'));
  assert.equal(sink.verdict?.altered, 1);
  assert.deepEqual([verdict.altered, verdict.lost], [1, 1]);
});

test('a message for another recipient than it was sent to counts as altered', async () => {
  const { verdict } = await pair({ messages: 1, sessions: 1 }, {}, (bytes) =>
    bytes.replace('RCPT TO:<rcpt-0@', 'RCPT TO:<rcpt-9@'),
  );
  assert.deepEqual([verdict.altered, verdict.lost], [1, 1]);
});

test('a refused message is not accepted, and so not lost', async () => {
  const { report, verdict } = await pair({ messages: 9, sessions: 1 }, { rules: 'end/3 * 554 no\n' });
  assert.deepEqual([report.accepted, report.refused], [6, 3]);
  assert.match(report.firstTrouble ?? '', /554 no/);
  assert.deepEqual([verdict.lost, verdict.duplicate], [0, 0]);
});

test('a recipient refused alone leaves the others accepted', async () => {
  const { report, verdict } = await pair(
    { messages: 5, sessions: 1, recipients: 4 },
    { rules: 'rcpt rcpt-2@* 550 no such user\n' },
  );
  assert.deepEqual([report.acceptedRecipients, report.refusedRecipients], [15, 5]);
  assert.equal(verdict.lost, 0);
});

test('a connection cut in the middle counts as refused and the rest is sent', async () => {
  const { report, sink } = await pair({ messages: 10, sessions: 2 }, { rules: 'end/5 * drop\n' });
  assert.equal(report.accepted, 8);
  assert.equal(report.refused, 2);
  assert.equal(sink.messages, 8);
});

test('a server that is not there ends the load with the system’s words', async () => {
  const sink = await startSink({ smtp: loopback });
  const port = sink.listeners[0]?.port ?? 0;
  await sink.close();
  const report = await runLoad(sourceOrder(port, { messages: 3, size: 3_000, sessions: 1 }));
  assert.deepEqual([report.accepted, report.unsent, report.connections], [0, 3, 0]);
  assert.match(report.firstTrouble ?? '', /ECONNREFUSED/);
});

test('a rate holds the load back', async () => {
  const { report } = await pair({ messages: 11, sessions: 2, rate: 100 });
  assert.ok(report.seconds >= 0.099, `${report.seconds}`);
});

test('the HTTP side answers and counts', async () => {
  const sink = await startSink({ http: loopback });
  const answer = await fetch(`http://127.0.0.1:${sink.listeners[0]?.port}/hook`, { method: 'POST', body: '12345' });
  assert.equal(answer.status, 200);
  await answer.text();
  await sink.close();
  const { requests, bytes, connections } = sink.report();
  assert.deepEqual([requests, bytes, connections], [1, 5, 0]);
});

test('rules that are wrong name their line', async () => {
  await assert.rejects(startSink({ rules: '# fine\nrcpt * 250 ok\n' }), /line 2/);
  await assert.rejects(startSink({ rules: 'rcpt/0 * 550 no\n' }), /line 1/);
});
