/**
 * The source from message to message: what goes out in one write, and that every message is still accounted for once.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { readLedger, verify } from '../../bench/verify.js';
import { type SinkOptions, startSink } from '../../src/actors/sink/sink.js';
import type { SourceOptions, SourceReport } from '../../src/actors/source/options.js';
import { runLoad } from '../../src/actors/source/source.js';

function order(port: number, changes: Partial<SourceOptions>): SourceOptions {
  const target = { address: '127.0.0.1', port, tls: false, helohost: 'source.test', timeout: 20_000, overlapping: true };
  const plain = { messages: 120, size: 500, sessions: 3, rate: 0, recipients: 1, perSession: 0 };
  return { target, ...plain, sender: 's@source.test', pattern: 'rcpt-#@dest.test', ...changes };
}

/** A run into a sink, and what the two ledgers say of it. */
async function run(t: TestContext, changes: Partial<SourceOptions>, options: SinkOptions = {}) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tqmail-overlap-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const [sent, arrived] = [path.join(dir, 'sent'), path.join(dir, 'arrived')];
  const sink = await startSink({ smtp: { address: '127.0.0.1', port: 0 }, ledger: arrived, keep: 0, ...options });
  let report: SourceReport;
  try {
    report = await runLoad(order(sink.port(), { ledger: sent, ...changes }));
  } finally {
    await sink.close();
  }
  return { report, sink: sink.report(), verdict: verify(readLedger(sent), readLedger(arrived)) };
}

test('the next message goes out with the end of the one before; all arrive, whatever their sizes and domains', async (t) => {
  const sizes = [20, 500, 9_000, 200_000].map((value) => ({ value, weight: 1 }));
  const domains = ['a.test', 'long.name.b.test'].map((value) => ({ value, weight: 1 }));
  const { report, sink, verdict } = await run(t, { sizes, domains, recipients: 2, perSession: 7 });
  assert.deepEqual([report.accepted, report.refused, sink.messages], [120, 0, 120]);
  assert.deepEqual([verdict.lost, verdict.duplicate, verdict.altered], [0, 0, 0]);
  assert.ok(report.connections >= Math.ceil(120 / 7), `${report.connections} connections`);
});

test('planned moments are kept: a message is not begun ahead of its time', async (t) => {
  const { report, verdict } = await run(t, { rate: 200, messages: 40 });
  assert.deepEqual([report.accepted, verdict.lost, verdict.duplicate], [40, 0, 0]);
  assert.ok((report.lateMs?.min ?? -1) >= 0);
  // A moment less than a millisecond away has come, and timers count in whole ones.
  assert.ok(report.seconds > 39 / 200 - 0.005, `${report.seconds} s`);
});

test('refusals and cut connections between overlapping messages: each is counted once', async (t) => {
  const rules = 'seed 5\n10% mail * 450 not now\n10% rcpt * 550 nobody\n10% data * 451 no\n10% end * 452 full\n5% end * drop';
  const { report, sink, verdict } = await run(t, { messages: 300 }, { rules });
  assert.equal(report.accepted + report.refused + report.unsent, 300);
  assert.equal(report.accepted, sink.messages);
  assert.deepEqual([verdict.lost, verdict.duplicate, verdict.altered, verdict.unasked], [0, 0, 0, 0]);
  assert.ok(sink.drops > 0 && sink.refused4 > 0 && sink.refused5 > 0);
});

/** Answers octet by octet; keeps whole what the client wrote. */
async function dribbling(t: TestContext, heard: string[]): Promise<number> {
  const server = net.createServer((socket) => {
    let [body, held] = [false, ''];
    const say = (text: string): void => {
      for (const octet of text) socket.write(octet);
    };
    socket.setNoDelay(true).on('error', () => socket.destroy());
    say('220 x\r\n');
    socket.on('data', (chunk) => {
      heard.push(chunk.toString('latin1'));
      held += chunk.toString('latin1');
      for (let end = held.indexOf('\r\n'); end >= 0; end = held.indexOf('\r\n')) {
        const line = held.slice(0, end);
        held = held.slice(end + 2);
        if (body && line !== '.') continue;
        body = line === 'DATA';
        say(body ? '354 go\r\n' : line.startsWith('EHLO') ? '250-x\r\n250 PIPELINING\r\n' : '250 ok\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('replies that come octet by octet, on several connections at once, are put together', async (t) => {
  const heard: string[] = [];
  const report = await runLoad(order(await dribbling(t, heard), { messages: 60, sessions: 4 }));
  assert.deepEqual([report.accepted, report.refused, report.firstTrouble], [60, 0, null]);
  assert.ok(heard.some((chunk) => /\r\n\.\r\nMAIL FROM/.test(chunk)));
});
