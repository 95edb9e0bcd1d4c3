/**
 * How a load run ends: interrupted, given up, with refusals of every kind; what is said of it, and what is left behind.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import net, { type AddressInfo, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { readLedger } from '../../bench/verify.js';
import { startSink } from '../../src/actors/sink/sink.js';
import { dueBy, dueSeconds, messagesWithin } from '../../src/actors/source/plan.js';
import { runLoad } from '../../src/actors/source/source.js';
import { sourceOrder } from '../support/source-order.js';

function scratch(t: TestContext): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tqmail-source-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** Takes messages and answers each final dot as `atDot` says. */
async function server(t: TestContext, atDot: (socket: Socket, number: number) => void): Promise<number> {
  const sockets = new Set<Socket>();
  let number = 0;
  const listening = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let body = false;
    let held = '';
    socket.write('220 x\r\n');
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      for (let end = held.indexOf('\r\n'); end >= 0; end = held.indexOf('\r\n')) {
        const line = held.slice(0, end);
        held = held.slice(end + 2);
        if (body && line !== '.') continue;
        if (body) atDot(socket, number++);
        else socket.write(line === 'DATA' ? '354 go\r\n' : '250 ok\r\n');
        body = !body && line === 'DATA';
      }
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return (listening.address() as AddressInfo).port;
}

test('a server that keeps silent after each message costs two timeouts a session, however many messages there are', async (t) => {
  const port = await server(t, () => undefined);
  const target = { address: '127.0.0.1', port, tls: false, helohost: 'h', timeout: 100 };
  const report = await runLoad(sourceOrder(port, { target, messages: 200, sessions: 3 }));
  assert.deepEqual([report.ended, report.accepted, report.refused, report.timeouts], ['gave-up', 0, 6, 6]);
  assert.deepEqual(report.reasons, { temporary: 0, permanent: 0, cut: 0, unanswered: 6 });
  assert.equal(report.firstTrouble, 'no answer within 0.1 s');
  assert.equal(report.latencyMs, null);
  assert.ok(report.refusedMs !== null && report.refusedMs.min >= 90);
});

test('silence now and then ends no session', async (t) => {
  const port = await server(t, (socket, number) => number % 2 === 0 || socket.write('250 ok\r\n'));
  const target = { address: '127.0.0.1', port, tls: false, helohost: 'h', timeout: 50 };
  const report = await runLoad(sourceOrder(port, { target, messages: 10, sessions: 1 }));
  assert.deepEqual([report.ended, report.accepted, report.reasons.unanswered], ['all-sent', 5, 5]);
});

test('refusals are told apart, and no percentile of accepted messages has them', async (t) => {
  const slow = (socket: Socket): void => void setTimeout(() => socket.write('550 no\r\n'), 300);
  const answers = [
    (socket: Socket) => socket.write('250 ok\r\n'),
    (socket: Socket) => socket.write('451 later\r\n'),
    slow,
    (socket: Socket) => socket.destroy(),
  ];
  const port = await server(t, (socket, number) => answers[number % 4]?.(socket));
  const report = await runLoad(sourceOrder(port, { messages: 8, sessions: 1 }));
  assert.deepEqual([report.accepted, report.refused, report.ended], [2, 6, 'all-sent']);
  assert.deepEqual(report.reasons, { temporary: 2, permanent: 2, cut: 0, unanswered: 2 });
  assert.ok(report.latencyMs !== null && report.latencyMs.max < 290, `${report.latencyMs?.max}`);
  assert.ok(report.refusedMs !== null && report.refusedMs.max >= 290, `${report.refusedMs?.max}`);
});

for (const threads of [1, 2]) {
  for (const rate of [0, 400]) {
    test(`an interrupted run answers for what it sent: ${threads} threads, rate ${rate}`, async (t) => {
      const dir = scratch(t);
      const sink = await startSink({ keep: 0 });
      t.after(() => sink.close());
      const enough = new AbortController();
      const progress = (): void => enough.abort();
      const changes = { messages: 50_000_000, rate, threads, signal: enough.signal, progress, ledger: path.join(dir, 'sent') };
      const report = await runLoad(sourceOrder(sink.port(), changes));
      assert.deepEqual([report.ended, report.refused], ['interrupted', 0]);
      assert.ok(report.accepted > 0);
      assert.equal(report.accepted + report.unsent, 50_000_000);
      assert.equal(readLedger(path.join(dir, 'sent')).length, report.accepted);
      assert.equal(sink.report().messages, report.accepted);
      assert.deepEqual(readdirSync(dir), ['sent']);
    });
  }
}

test('what is under way when a run is interrupted is cut off in the end, and said', async (t) => {
  const enough = new AbortController();
  const port = await server(t, () => enough.abort());
  const report = await runLoad(sourceOrder(port, { sessions: 1, messages: 5, signal: enough.signal }));
  assert.deepEqual([report.ended, report.refused, report.unsent, report.reasons.unanswered], ['interrupted', 1, 4, 1]);
  assert.equal(report.firstTrouble, 'interrupted');
});

test('messages whose time came after the senders gave up are counted as overdue', async (t) => {
  const port = await server(t, () => undefined);
  const report = await runLoad(sourceOrder(port, { sessions: 1, messages: 1_000, rate: 50, deadlineSeconds: 1 }));
  assert.deepEqual([report.ended, report.refused], ['deadline', 1]);
  assert.ok(report.overdue >= 49 && report.overdue < 999, `${report.overdue}`);
});

test('the number that is due agrees with the moments', () => {
  for (const rampSeconds of [0, 3]) {
    for (const rate of [0.5, 7, 100]) {
      for (let sequence = 0; sequence < 400; sequence++) {
        const moment = dueSeconds(sequence, rate, rampSeconds);
        assert.equal(dueBy(moment + 1e-6, { messages: 400, rate, rampSeconds }), sequence + 1);
      }
      assert.equal(dueBy(1e6, { messages: 400, rate, rampSeconds }), 400);
    }
  }
  assert.equal(dueBy(10, { messages: 400, rate: 0, rampSeconds: 0 }), 0);
});

test('a run of so many seconds begins nothing after them and waits for its answers; nobody calls the rest lost', async (t) => {
  for (const threads of [1, 2]) {
    const sink = await startSink({ keep: 0 });
    t.after(() => sink.close());
    const report = await runLoad(sourceOrder(sink.port(), { messages: 0, durationSeconds: 0.2, threads }));
    const { messages, accepted, refused, unsent, ended, planned } = report;
    assert.deepEqual([ended, messages, refused, unsent, planned], ['duration', accepted, 0, 0, null]);
    assert.equal(sink.report().messages, accepted);
    assert.deepEqual(sink.report().verdict, { lost: 0, duplicate: 0, altered: 0, late: 0, unchecked: 0 });
    assert.ok(accepted > 0 && report.seconds >= 0.1, `${accepted} in ${report.seconds} s`);
  }
  // One session and 200 ms a message at twenty a second: half of them are not begun.
  const port = await server(t, (socket) => void setTimeout(() => socket.write('250 ok\r\n'), 200));
  const late = await runLoad(sourceOrder(port, { messages: 0, durationSeconds: 0.5, rate: 20, sessions: 1 }));
  assert.deepEqual([late.ended, late.messages, late.planned], ['duration', 10, { perSecond: 20, seconds: 0.45 }]);
  assert.ok(late.unsent >= 4 && late.overdue === late.unsent && late.accepted + late.unsent === 10, JSON.stringify(late));
});

test('a time holds the messages whose moment is before its end', () => {
  for (const [seconds, rate, ramp] of [
    [2, 100, 0],
    [2, 100, 1],
    [0.5, 3, 10],
    [7, 0.1, 0],
    [1, 1e6, 3],
  ] as const) {
    const count = messagesWithin(seconds, rate, ramp);
    assert.ok(count > 0 && dueSeconds(count - 1, rate, ramp) < seconds && dueSeconds(count, rate, ramp) >= seconds, `${count}`);
  }
});

test('a finished run does not wait for the senders that its ramp has not begun', async (t) => {
  const sink = await startSink({ keep: 0 });
  t.after(() => sink.close());
  const begun = performance.now();
  const report = await runLoad(sourceOrder(sink.port(), { messages: 8, sessions: 8, rampSeconds: 600 }));
  assert.deepEqual([report.ended, report.accepted, report.connections], ['all-sent', 8, 1]);
  assert.ok(performance.now() - begun < 60_000);
});
