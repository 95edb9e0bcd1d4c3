/** `tqmail metrics` and what `tqmail start` tells systemd. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { statusMetrics } from '../../src/cli/control/status-metrics.js';
import { makeHome, run, startServer } from './command.js';

const wanted = async (address: string, path: string): Promise<readonly [number, string]> => {
  const response = await fetch(`${address}${path}`);
  return [response.status, await response.text()];
};

test('the figures of a running server, once and by HTTP; health follows pause and stop', async (t) => {
  const home = await makeHome(t);
  const exporter = run(t, 'tqmail', ['metrics', '--home', home, '--http', '127.0.0.1:0']);
  const [, address = ''] = await exporter.seen(/^tqmail: metrics: (http:\S+)\/metrics$/m);
  assert.deepEqual(await wanted(address, '/healthz'), [503, 'not running\n']);
  assert.match((await wanted(address, '/metrics'))[1], /^tqmail_up 0$/m);

  const server = startServer(t, home, { node: 'real' });
  await server.ready();
  const once = await run(t, 'tqmail', ['metrics', '--home', home]).finished;
  assert.deepEqual([once.code, once.stderr], [0, '']);
  const [code, text] = await wanted(address, '/metrics');
  assert.equal(code, 200);
  for (const line of [
    /^# TYPE tqmail_up gauge\ntqmail_up 1$/m,
    /^tqmail_queue_messages 0$/m,
    /^tqmail_slots\{channel="remote"\} 20$/m,
    /^tqmail_messages_taken_total\{by="smtp"\} 0$/m,
    /^tqmail_recipients_total\{result="deferred"\} 0$/m,
    /^tqmail_clients_refused_total\{protocol="smtp",why="denied"\} 0$/m,
  ]) {
    assert.match(text, line);
    assert.match(once.stdout, line);
  }
  const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  assert.equal(new Set(types).size, types.length, 'each figure is announced once');
  assert.doesNotMatch(text, /undefined|NaN|Infinity/);

  assert.deepEqual(await wanted(address, '/healthz'), [200, 'ok\n']);
  await run(t, 'tqmail', ['pause', '--home', home]).finished;
  assert.deepEqual(await wanted(address, '/healthz'), [503, 'paused\n']);
  assert.equal((await wanted(address, '/else'))[0], 404);
  assert.equal((await fetch(`${address}/metrics`, { method: 'POST', body: 'x' })).status, 405);
  exporter.child.kill('SIGTERM');
  assert.equal((await exporter.finished).code, 0);
});

test('without a server: up is 0 and the exit code 3; wrong words get the usage', async (t) => {
  const home = await makeHome(t);
  const { code, stdout } = await run(t, 'tqmail', ['metrics', '--home', home]).finished;
  assert.deepEqual([code, stdout], [3, statusMetrics(undefined)]);
  const wrong = await run(t, 'tqmail', ['metrics', '--http', 'here', '--home', home]).finished;
  assert.equal(wrong.code, 64);
  assert.match(wrong.stderr, /--http wants ADDRESS:PORT.*\nusage: tqmail metrics/);
});

/** Resolves once the file matches. */
function written(t: TestContext, folder: string, name: string, pattern: RegExp): Promise<void> {
  const path = join(folder, name);
  return new Promise((settle) => {
    const check = (): void => {
      if (existsSync(path) && pattern.test(readFileSync(path, 'utf8'))) settle();
    };
    writeFileSync(path, '', { flag: 'a' });
    const watcher = watch(path, check);
    t.after(() => watcher.close());
    check();
  });
}

/** A server that systemd seems to have started; `program` stands for systemd-notify. */
async function noticed(t: TestContext, program: string): Promise<{ folder: string; server: ReturnType<typeof startServer> }> {
  const home = await makeHome(t);
  const folder = join(home, '..');
  writeFileSync(join(folder, 'said'), '');
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\n${program.replace('FOLDER', folder)}\n`);
  chmodSync(join(folder, 'systemd-notify'), 0o755);
  const env = { NOTIFY_SOCKET: '/run/none', WATCHDOG_USEC: '3000000', PATH: `${folder}:${process.env.PATH}` };
  return { folder, server: startServer(t, home, { env }) };
}

test('systemd is told: ready once, alive again and again, stopping', async (t) => {
  const { folder, server } = await noticed(t, 'echo "$@" >> FOLDER/said');
  await written(t, folder, 'said', /^READY=1\n(WATCHDOG=1\n){2}/);
  server.child.kill('SIGTERM');
  assert.equal((await server.finished).code, 0);
  await written(t, folder, 'said', /STOPPING=1\n/);
  assert.equal(readFileSync(join(folder, 'said'), 'utf8').match(/READY=1/g)?.length, 1);
});

test('a systemd-notify that fails is told once, and the server goes on', async (t) => {
  const { folder, server } = await noticed(t, 'echo "$@" >> FOLDER/said\nexit 7');
  await server.seen(/warning: systemd-notify READY=1: exit code 7; the unit wants NotifyAccess=all/);
  await written(t, folder, 'said', /^READY=1\n(WATCHDOG=1\n){2}/);
  server.child.kill('SIGTERM');
  const { code, stdout } = await server.finished;
  assert.equal(code, 0);
  assert.equal(stdout.match(/exit code 7/g)?.length, 1);
});
