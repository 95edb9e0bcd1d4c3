/**
 * The source beyond the plain load: planned moments, mixes, replay, threads, and servers that hang.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { readLedger, verify } from '../../bench/verify.js';
import { startSink } from '../../src/actors/sink/sink.js';
import { Mix } from '../../src/actors/source/mix.js';
import { dueSeconds, SendingPlan } from '../../src/actors/source/plan.js';
import { runLoad } from '../../src/actors/source/source.js';
import { readReplay } from '../../src/store/replay-messages.js';
import { sourceOrder } from '../support/source-order.js';

function scratch(t: TestContext): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tqmail-source-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A server that is told what to do with each connection. */
async function server(t: TestContext, take: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listening = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    take(socket);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return (listening.address() as AddressInfo).port;
}

/** Answers every line, after `delay` ms; keeps what it was told. No PIPELINING unless `words` say so. */
function smtp(heard: string[], words: string, delay: () => number): (socket: Socket) => void {
  return (socket) => {
    let body = false;
    let held = '';
    socket.write('220 x\r\n');
    socket.on('data', (chunk) => {
      heard.push(chunk.toString('latin1'));
      held += chunk.toString('latin1');
      for (let end = held.indexOf('\r\n'); end >= 0; end = held.indexOf('\r\n')) {
        const line = held.slice(0, end);
        held = held.slice(end + 2);
        if (body && line !== '.') continue;
        const reply = body
          ? '250 ok'
          : line.startsWith('EHLO')
            ? `250-x${words}\r\n250 8BITMIME`
            : line === 'DATA'
              ? '354 go'
              : '250 ok';
        body = !body && line === 'DATA';
        const wait = reply === '250 ok' && line === '.' ? delay() : 0;
        if (wait === 0) socket.write(`${reply}\r\n`);
        else setTimeout(() => socket.write(`${reply}\r\n`), wait).unref();
      }
    });
  };
}

test('a ramp raises the rate in a straight line and then keeps it', () => {
  assert.deepEqual(
    [0, 50, 100, 200].map((k) => dueSeconds(k, 100, 0)),
    [0, 0.5, 1, 2],
  );
  // 100 a second after 2 s: 100 messages on the ramp, half of them in the last 0.59 s of it.
  assert.ok(Math.abs(dueSeconds(50, 100, 2) - Math.SQRT2) < 1e-9);
  assert.equal(dueSeconds(100, 100, 2), 2);
  assert.equal(dueSeconds(200, 100, 2), 3);
});

test('planned moments are whole microseconds: a mark can be read whatever the rate is', async (t) => {
  const sink = await startSink({ keep: 0 });
  t.after(() => sink.close());
  await runLoad(sourceOrder(sink.port(), { rate: 3_000, messages: 50 }));
  assert.deepEqual(sink.report().verdict, { lost: 0, duplicate: 0, altered: 0, late: 0, unchecked: 0 });
});

test('lanes share a plan without gaps or repeats', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 8 }), (messages, lanes) => {
      const seen: number[] = [];
      for (let lane = 0; lane < lanes; lane++) {
        const plan = new SendingPlan({ messages, rate: 0, rampSeconds: 0, lane, lanes });
        for (let left = plan.left; left > 0; left--) assert.equal(plan.left, left) ?? seen.push(plan.take()?.sequence ?? -1);
        assert.equal(plan.take(), undefined);
      }
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        Array.from({ length: messages }, (_, index) => index),
      );
    }),
  );
});

test('a mix keeps its shares and repeats itself', () => {
  const mix = new Mix(
    [
      { value: 'a', weight: 80 },
      { value: 'b', weight: 20 },
    ],
    7,
  );
  const chosen = Array.from({ length: 10_000 }, (_, index) => mix.choose(index));
  for (let from = 0; from + 256 <= chosen.length; from += 256) {
    const count = chosen.slice(from, from + 256).filter((value) => value === 'b').length;
    assert.ok(Math.abs(count - 0.2 * 256) < 2, `${count} of 256 from ${from}`);
  }
  // In no order: a neighbour says nothing, nor does another mix.
  const other = new Mix(
    [
      { value: 'a', weight: 1 },
      { value: 'b', weight: 4 },
    ],
    8,
  );
  const both = (second: (index: number) => string): number =>
    chosen.filter((value, index) => value === 'b' && second(index) === 'b').length;
  const [next, beside] = [both((index) => mix.choose(index + 1)), both((index) => other.choose(index))];
  assert.ok(Math.abs(next - 400) < 80 && Math.abs(beside - 1_600) < 80, `${next} ${beside}`);
  assert.deepEqual(
    chosen.slice(0, 50),
    Array.from({ length: 50 }, (_, index) => mix.choose(index)),
  );
});

test('whatever the rate, moments are whole microseconds: the mark of a message has room for no others', () => {
  for (const rate of [1, 3, 17, 999]) {
    const plan = new SendingPlan({ messages: 50, rate, rampSeconds: 0, lane: 0, lanes: 1 });
    for (let next = plan.take(); next !== undefined; next = plan.take()) assert.ok(Number.isInteger(next.dueUs), `${next.dueUs}`);
  }
});

test('with a rate a stall is charged to all messages that had to wait for it', async (t) => {
  let first = true;
  const stall = (): number => {
    const wait = first ? 400 : 0;
    first = false;
    return wait;
  };
  const port = await server(t, smtp([], '', stall));
  const open = await runLoad(sourceOrder(port, { messages: 21, sessions: 1, rate: 50 }));
  const { latencyMs, lateMs, serviceMs } = open;
  assert.deepEqual([open.loop, open.planned], ['open', { perSecond: 50, seconds: 0.4 }]);
  assert.ok(open.busy >= 0 && open.busy <= 1, `${open.busy}`);
  // 20 messages are planned within the stall, 20 ms apart: half of them wait 200 ms and more.
  assert.ok(latencyMs !== null && latencyMs.p50 >= 150, `p50 ${latencyMs?.p50}`);
  assert.ok(lateMs !== null && lateMs.p50 >= 150, `late ${lateMs?.p50}`);
  // What the server itself took: one message of 21 had to wait.
  assert.ok(serviceMs !== null && serviceMs.p50 < 150 && serviceMs.max >= 390, `service ${serviceMs?.p50}`);
  first = true;
  const closed = await runLoad(sourceOrder(port, { messages: 21, sessions: 1 }));
  assert.ok(closed.latencyMs !== null && closed.latencyMs.p50 < 150 && closed.latencyMs.max >= 390);
  assert.deepEqual([closed.lateMs, closed.serviceMs, closed.planned], [null, null, null]);
});

test('several threads send one run, and their ledgers become one', async (t) => {
  const dir = scratch(t);
  const [sent, arrived] = [path.join(dir, 'sent'), path.join(dir, 'arrived')];
  const sink = await startSink({ smtp: { address: '127.0.0.1', port: 0 }, ledger: arrived });
  const domains = ['a.test', 'b.test'].map((value) => ({ value, weight: 1 }));
  const sizes = [10, 5_000, 70_000].map((value) => ({ value, weight: 1 }));
  const changes = { messages: 90, threads: 3, recipients: 2, domains, sizes, ledger: sent };
  const report = await runLoad(sourceOrder(sink.listeners[0]?.port ?? 0, changes));
  await sink.close();
  assert.deepEqual([report.accepted, report.acceptedRecipients, report.unsent], [90, 180, 0]);
  const { lost, duplicate, altered, unasked } = verify(readLedger(sent), readLedger(arrived));
  assert.deepEqual([lost, duplicate, altered, unasked], [0, 0, 0, 0]);
  assert.equal(readLedger(sent).length, 180);
});

test('real messages go out with a mark and arrive unaltered', async (t) => {
  const dir = scratch(t);
  const mbox = path.join(dir, 'mbox');
  writeFileSync(mbox, 'From a Mon\nSubject: one\n\n.dot\n>From here\n\nFrom b Tue\nSubject: two\r\n\r\nno end', 'latin1');
  const { messages } = readReplay(mbox);
  assert.deepEqual(
    messages.map(({ wire }) => Buffer.from(wire).toString('latin1')),
    ['Subject: one\r\n\r\n..dot\r\nFrom here\r\n', 'Subject: two\r\n\r\nno end\r\n'],
  );
  // The empty line behind each message, the last one too, is the mbox's, and no more than that.
  const written = [
    ['From a\nS: 1\n\nx\n\nFrom b\nS: 2\n\ny\n\n', 'S: 1\n\nx\n', 'S: 2\n\ny\n'],
    ['From a\r\nS: 1\r\n\r\nx\r\n\r\nFrom b\r\nS: 2\r\n\r\ny\r\n\r\n', 'S: 1\n\nx\n', 'S: 2\n\ny\n'],
    ['From a\nS: 1\n\nx\n\n\nFrom b\n\nFrom c\nFrom d\nS: 2\n\n\n\n', 'S: 1\n\nx\n\n', 'From d\nS: 2\n\n\n'],
    ['From a\nS: 1\n\nFrom b\n\nonly\n>>From x\n>From y\n> From z', 'S: 1\n\n', '\nonly\n>From x\nFrom y\n> From z\n'],
    ['From a\n\nFrom b\nS: 1\n\na\rb\n\nFrom c', 'S: 1\n\na\nb\n'],
  ];
  for (const [text = '', ...read] of written) {
    writeFileSync(path.join(dir, 'written'), text);
    const found = readReplay(path.join(dir, 'written')).messages.map(({ wire }) => Buffer.from(wire).toString('latin1'));
    assert.deepEqual(
      found,
      read.map((one) => one.replaceAll('\n', '\r\n')),
      JSON.stringify(text),
    );
  }
  for (const part of ['cur', 'new']) mkdirSync(path.join(dir, 'Maildir', part), { recursive: true });
  writeFileSync(path.join(dir, 'Maildir', 'new', '1.x'), 'header only: yes\n');
  writeFileSync(path.join(dir, 'Maildir', 'cur', '2.x'), '\nbody only \xe9\n', 'latin1');
  assert.equal(readReplay(path.join(dir, 'Maildir')).messages[0]?.eightBit, true);
  for (const text of ['not an mbox\n', '\n\nFrom a\nSubject: x\n\ny\n']) {
    writeFileSync(path.join(dir, 'text'), text);
    assert.throws(() => readReplay(path.join(dir, 'text')), /line 1 does not begin with "From "/);
  }
  for (const replay of [mbox, path.join(dir, 'Maildir')]) {
    const sink = await startSink({ smtp: { address: '127.0.0.1', port: 0 }, ledger: path.join(dir, 'arrived') });
    const changes = { messages: 5, replay, ledger: path.join(dir, 'sent') };
    const report = await runLoad(sourceOrder(sink.listeners[0]?.port ?? 0, changes));
    await sink.close();
    assert.equal(report.accepted, 5);
    const { lost, altered } = verify(readLedger(path.join(dir, 'sent')), readLedger(path.join(dir, 'arrived')));
    assert.deepEqual([lost, altered], [0, 0]);
  }
});

test('without pipelining each command waits for its reply', async (t) => {
  for (const pipelining of [true, false]) {
    const heard: string[] = [];
    const port = await server(
      t,
      smtp(heard, '\r\n250-PIPELINING', () => 0),
    );
    const target = { address: '127.0.0.1', port, tls: false, helohost: 'h', timeout: 5_000, pipelining };
    assert.equal((await runLoad(sourceOrder(port, { target, messages: 1, sessions: 1 }))).accepted, 1);
    assert.equal(
      heard.some((chunk) => /^MAIL[^\n]*\n.*RCPT/s.test(chunk)),
      pipelining,
    );
  }
});

test('a server that never greets costs a bounded time and is reported', async (t) => {
  const port = await server(t, () => undefined);
  const target = { address: '127.0.0.1', port, tls: false, helohost: 'h', timeout: 100 };
  const report = await runLoad(sourceOrder(port, { target, sessions: 2 }));
  assert.deepEqual([report.accepted, report.unsent, report.timeouts, report.connections], [0, 20, 4, 0]);
  assert.match(report.firstTrouble ?? '', /no answer within 0.1 s/);
});

test('the deadline ends a run in the middle of a message', async (t) => {
  const port = await server(
    t,
    smtp([], '', () => 600_000),
  );
  const report = await runLoad(sourceOrder(port, { deadlineSeconds: 1, sessions: 3 }));
  assert.deepEqual([report.accepted, report.refused, report.unsent], [0, 3, 17]);
  assert.ok(report.seconds < 5);
});

test('a session that is never greeted does not keep a finished run open', async (t) => {
  let connections = 0;
  const speak = smtp([], '', () => 0);
  const port = await server(t, (socket) => {
    if (connections++ > 0) speak(socket);
  });
  const report = await runLoad(sourceOrder(port, { sessions: 2 }));
  assert.deepEqual([report.accepted, report.timeouts], [20, 0]);
});

test('a thread that fails ends the run with its words', async (t) => {
  const missing = path.join(scratch(t), 'none');
  await assert.rejects(runLoad(sourceOrder(1, { threads: 2, replay: missing })), /none/);
  await assert.rejects(runLoad(sourceOrder(1, { replay: missing })), /none/);
  assert.throws(() => readFileSync(missing));
});

test('a full disk ends the ledger and not the load, and is said', async (t) => {
  if (!existsSync('/dev/full')) return;
  const sink = await startSink({ keep: 0 });
  t.after(() => sink.close());
  const sent = await runLoad(sourceOrder(sink.port(), { ledger: '/dev/full' }));
  assert.equal(sent.accepted, 20);
  assert.match(sent.ledgerTrouble ?? '', /^\/dev\/full: ENOSPC.*no more records/);
});
