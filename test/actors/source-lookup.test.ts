/**
 * A host's name in a load run: looked up once for all connections, asked again after a failure, and told to a TLS server.
 */
import assert from 'node:assert/strict';
import type { LookupAddress, lookup } from 'node:dns';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { startSink } from '../../src/actors/sink/sink.js';
import { lookedUpOnce } from '../../src/actors/source/looked-up-once.js';
import { runLoad } from '../../src/actors/source/source.js';
import { sourceOrder } from '../support/source-order.js';

const addresses: LookupAddress[] = [
  { address: '192.0.2.1', family: 4 },
  { address: '2001:db8::1', family: 6 },
];

test('one question for all who ask; a failure is told to all who wait, and the next one asks again', async () => {
  let asked = 0;
  let answer: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void = () => undefined;
  const ask = ((_host: string, _options: object, told: typeof answer) => {
    asked++;
    answer = told;
  }) as unknown as typeof lookup;
  const found = lookedUpOnce(ask);
  const told: unknown[] = [];
  const one = (all: boolean): void => found('a.test', { all }, (...words) => told.push(words));
  const failure = Object.assign(new Error('none'), { code: 'ENOTFOUND' });
  one(true);
  one(false);
  answer(failure, []);
  assert.deepEqual(
    [asked, told.splice(0)],
    [
      1,
      [
        [failure, '', 0],
        [failure, '', 0],
      ],
    ],
  );
  one(false);
  one(true);
  answer(null, addresses);
  assert.deepEqual(
    [asked, told.splice(0)],
    [
      2,
      [
        [null, '192.0.2.1', 4],
        [null, addresses],
      ],
    ],
  );
  one(true);
  one(false);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    [asked, told],
    [
      2,
      [
        [null, addresses],
        [null, '192.0.2.1', 4],
      ],
    ],
  );
});

test('a run to a name, in the clear and over TLS', async (t) => {
  const sink = await startSink({
    smtp: { address: '127.0.0.1', port: 0 },
    smtps: { address: '127.0.0.1', port: 0 },
    tls: 'self-made',
  });
  t.after(() => sink.close());
  for (const protocol of ['smtp', 'smtps'] as const) {
    const order = sourceOrder(sink.port(protocol), { messages: 6, sessions: 2, perSession: 1 });
    const report = await runLoad({ ...order, target: { ...order.target, address: 'localhost', tls: protocol === 'smtps' } });
    assert.deepEqual(
      [report.accepted, report.connections, report.tls],
      [6, 6, protocol === 'smtps' ? 6 : 0],
      report.firstTrouble ?? '',
    );
  }
});

test('a TLS server is told the name that it was reached by', async (t) => {
  const names = new Set<string>();
  // It has no certificate: the name is all that is wanted of it.
  const listening = tls.createServer({
    SNICallback: (name, done) => {
      names.add(name);
      done(new Error('none'));
    },
  });
  listening.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => listening.close());
  const order = sourceOrder((listening.address() as AddressInfo).port, { messages: 1, sessions: 1 });
  const report = await runLoad({ ...order, target: { ...order.target, address: 'localhost', tls: true } });
  assert.deepEqual([[...names], report.connections, report.failedConnections > 0], [['localhost'], 0, true]);
});
