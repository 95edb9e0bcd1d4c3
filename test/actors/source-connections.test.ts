/**
 * Connections of a load run that come to nothing: they are counted, are not made again without a pause, and hold back no
 * message that another one could carry; what is said of a run that did not keep its rate.
 */
import assert from 'node:assert/strict';
import net, { type AddressInfo, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { SourceReport } from '../../src/actors/source/options.js';
import { runLoad } from '../../src/actors/source/source.js';
import { behindWords } from '../../src/cli/source.js';
import { sourceOrder } from '../support/source-order.js';

/** Answers each line as told with the connection's number; undefined: as a server would, with a 250 or 354. */
async function server(
  t: TestContext,
  answer: (line: string, socket: Socket, number: number) => string | undefined,
  greeting: (number: number) => string = () => '220 x\r\n',
): Promise<{ port: number; connections: () => number }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const listening = net.createServer((socket) => {
    const number = connections++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let body = false;
    let held = '';
    socket.write(greeting(number));
    if (greeting(number).startsWith('4')) socket.end();
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      for (let end = held.indexOf('\r\n'); end >= 0 && !socket.destroyed; end = held.indexOf('\r\n')) {
        const line = held.slice(0, end);
        held = held.slice(end + 2);
        if (body && line !== '.') continue;
        body = !body && line === 'DATA';
        socket.write(answer(line, socket, number) ?? (body ? '354 go\r\n' : '250 ok\r\n'));
      }
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return { port: (listening.address() as AddressInfo).port, connections: () => connections };
}

test('a server that greets and hangs up is not asked again without a pause while a message waits for its time', async (t) => {
  const { port, connections } = await server(t, (line, socket) => {
    if (line.startsWith('EHLO')) setImmediate(() => socket.end());
    return undefined;
  });
  const report = await runLoad(sourceOrder(port, { messages: 2, sessions: 1, rate: 2 }));
  assert.equal(report.accepted + report.refused, 2);
  // Half a second until the second message: without a pause it was hundreds.
  assert.ok(connections() < 30, `${connections()} connections`);
});

test('connections that a greeting turns away are counted', async (t) => {
  const { port, connections } = await server(
    t,
    () => undefined,
    (number) => (number % 2 === 1 ? '421 busy\r\n' : '220 x\r\n'),
  );
  const report = await runLoad(sourceOrder(port, { messages: 6, sessions: 1, perSession: 2 }));
  assert.deepEqual([report.accepted, report.connections, report.failedConnections, connections()], [6, 3, 2, 5]);
  assert.deepEqual([report.timeouts, report.firstTrouble?.split('\n').at(-1)], [0, 'Remote host said: 421 busy']);
});

test('what waited for its time on a connection that ended is sent by another one', async (t) => {
  // The first connection ends over its message; those after the second are never greeted.
  const { port } = await server(
    t,
    (line, socket, number) => {
      if (line === '.' && number === 0) setImmediate(() => socket.end());
      return undefined;
    },
    (number) => (number < 2 ? '220 x\r\n' : ''),
  );
  const report = await runLoad(sourceOrder(port, { messages: 12, sessions: 2, rate: 20 }));
  assert.deepEqual([report.accepted + report.refused, report.unsent, report.ended], [12, 0, 'all-sent']);
  // It would have waited for the whole timeout of ten seconds.
  assert.equal(report.timeouts, 0);
});

test('a message whose end never left is cut, not unanswered', async (t) => {
  // Nothing more is read; the rest waits in the source.
  const { port } = await server(t, (line, socket) => {
    if (line !== 'DATA') return undefined;
    socket.pause();
    setImmediate(() => socket.resetAndDestroy());
    return '354 go\r\n';
  });
  const report = await runLoad(sourceOrder(port, { messages: 2, sessions: 1, size: 8 * 2 ** 20 }));
  assert.deepEqual(report.reasons, { temporary: 0, permanent: 0, cut: 2, unanswered: 0 });
});

test('a message that may have been taken for one recipient is unanswered, whoever else was refused', async (t) => {
  const { port } = await server(t, (line, socket) => {
    if (line.startsWith('RCPT TO:<rcpt-0@')) return '452 full\r\n';
    if (line !== '.') return undefined;
    socket.end();
    return '';
  });
  const report = await runLoad(sourceOrder(port, { messages: 2, sessions: 1, recipients: 2 }));
  assert.deepEqual(report.reasons, { temporary: 0, permanent: 0, cut: 0, unanswered: 2 });
});

test('a run that did not keep its rate says so, and whose doing it was', () => {
  const lateMs = { max: 4_200 } as SourceReport['lateMs'];
  const kept = {
    planned: { perSecond: 200, seconds: 10 },
    seconds: 10.2,
    overdue: 0,
    messages: 2_001,
    perSecond: 196.1,
    busy: 0.3,
    lateMs,
  };
  const words = (changes: Partial<SourceReport>): string | undefined => behindWords({ ...kept, ...changes } as SourceReport);
  assert.equal(words({}), undefined);
  assert.equal(words({ planned: null, seconds: 100 }), undefined);
  assert.match(
    words({ seconds: 20, perSecond: 100 }) ?? '',
    /^the planned rate was not kept: 100\/s of 200\/s, messages were begun up to 4\.2 s late; all its sessions waited/,
  );
  assert.match(words({ seconds: 20, busy: 0.97 }) ?? '', /the source itself was busy 97 % of the time/);
  assert.match(words({ seconds: 5, overdue: 500 }) ?? '', /not kept/);
});
