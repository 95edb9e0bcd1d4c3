/**
 * The public API as a program outside uses it: what is exported, and that it works without anything else of the package.
 */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as api from '../../src/index.js';
import { makeHome } from '../cli/command.js';
import { run } from '../runner/command.js';

test('exported is what the API promises and nothing else', () => {
  assert.deepEqual(Object.keys(api).sort(), ['runLoad', 'startNode', 'startSink']);
});

test('the sink accounts for what the load sent', async () => {
  const sink = await api.startSink({ smtp: { address: '127.0.0.1', port: 0 } });
  const [listener] = sink.listeners;
  assert.ok(listener !== undefined && listener.port > 0);
  const sent = await api.runLoad({
    target: { address: listener.address, port: listener.port, tls: false, helohost: 'load.example.org', timeout: 10_000 },
    messages: 3,
    size: 100,
    sessions: 1,
    rate: 0,
    recipients: 2,
    perSession: 0,
    sender: 'load@example.org',
    pattern: 'r#@example.org',
  });
  assert.deepEqual([sent.accepted, sent.acceptedRecipients, sent.firstTrouble], [3, 6, null]);
  const { messages, recipients } = sink.report();
  assert.deepEqual([messages, recipients], [3, 6]);
  await sink.close();
});

test('a node starts on a home, tells its status, stops, and the program ends', async (t) => {
  const home = await makeHome(t);
  const program = fileURLToPath(new URL('./node-program.js', import.meta.url));
  const ran = await run(process.execPath, [program, home], 60);
  assert.equal(ran.code, 0, ran.output);
  const [, json = ''] = /^status (.*)$/m.exec(ran.output) ?? [];
  const status = JSON.parse(json) as { topology: string; counters: Record<string, unknown> };
  assert.equal(status.topology, 'roles');
  assert.equal(status.counters['send.jobs'], 0);
  assert.match(ran.output, /^status: local 0\/10 remote 0\/20$/m);
  assert.match(ran.output, /exiting/);
  assert.ok(existsSync(join(home, 'queue')));
});

test('a control file that is wrong is named with its line', async (t) => {
  const home = await makeHome(t);
  writeFileSync(join(home, 'control/topology'), 'circle\n');
  await assert.rejects(api.startNode({ home }), (error: Error) =>
    error.message.startsWith(`cannot start: ${join(home, 'control/topology')}:1: `),
  );
});
