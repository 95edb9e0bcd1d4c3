/**
 * Several processes on the sockets of one sink: one account, one store, one set of rules; one that dies is replaced.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startSink } from '../../../src/actors/sink/sink.js';
import { runLoad } from '../../../src/actors/source/source.js';
import { submit } from './submit.js';

const loopback = { address: '127.0.0.1', port: 0 };

/** Processes that take mail for a sink of this process. */
function workers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
        return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('worker-main');
      } catch {
        return false;
      }
    })
    .map(Number);
}

test('two threads: every message is accounted for, kept and judged by the same rules', async (t) => {
  const said: string[] = [];
  const sink = await startSink({ smtp: loopback, lmtp: loopback, threads: 2, troubled: (text) => said.push(text) });
  t.after(() => sink.close());
  assert.equal(workers().length, 2);
  const target = { address: '127.0.0.1', port: sink.port(), tls: false, helohost: 'test', timeout: 10_000 };
  const shape = {
    target,
    messages: 300,
    size: 500,
    sessions: 10,
    rate: 0,
    recipients: 3,
    perSession: 5,
    sender: 's@x',
    pattern: 'r#@x',
  };
  const sent = await runLoad(shape as Parameters<typeof runLoad>[0]);
  assert.deepEqual([sent.accepted, sent.acceptedRecipients], [300, 900]);
  assert.equal((await sink.wait({ subject: 'load 000000299' })).recipients.length, 3);
  await submit(sink.port('lmtp'), { recipients: ['l@x'], body: 'Subject: l\r\n\r\n', hello: 'LHLO' });
  assert.equal((await sink.wait({ to: 'l@x' })).protocol, 'lmtp');

  sink.setRules('rcpt * 550 no');
  const [died = 0] = workers();
  execFileSync('kill', ['-9', `${died}`]);
  for (let reply = ''; reply !== '550 no'; )
    reply = (await submit(sink.port(), { recipients: ['r@x'], body: 'A: b\r\n\r\n' }))[3] ?? '';
  while (said.length === 0 || workers().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(said[0] ?? '', /ended by itself \(SIGKILL\)/);

  await sink.close();
  assert.deepEqual(workers(), []);
  const { messages, recipients, verdict, open } = sink.report();
  assert.deepEqual([messages, recipients, open], [301, 901, 0]);
  assert.deepEqual(verdict, { lost: 0, duplicate: 0, altered: 0, late: 0, unchecked: 0 });
});

test('an address in use is named', async (t) => {
  const sink = await startSink();
  t.after(() => sink.close());
  const taken = { address: '127.0.0.1', port: sink.port() };
  await assert.rejects(startSink({ smtp: taken, threads: 2 }), new RegExp(`cannot listen on 127.0.0.1:${taken.port}: `));
  await assert.rejects(startSink({ smtp: taken }), new RegExp(`cannot listen on 127.0.0.1:${taken.port}: `));
  assert.deepEqual(workers(), []);
});
