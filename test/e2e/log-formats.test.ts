/** The log of a running server in its two other forms: one JSON object a line, and TAI64N stamps. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPids } from '../../src/cli/run/run-files.js';
import { makeHome, run, startServer } from '../cli/command.js';
import { sendMessage } from '../support/line-client.js';

interface LogRecord {
  readonly level: number;
  readonly time: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

test('json: every line is an object with level, time, event and fields, whatever octets mail brings', async (t) => {
  const home = await makeHome(t);
  writeFileSync(join(home, 'control/logformat'), 'json\n');
  const server = startServer(t, home, { node: 'real' });
  const { listeners } = await server.ready();
  // Octets above 127, a quote and a backslash in the sender.
  await sendMessage(listeners[0]?.port ?? 0, '127.0.0.1', '"j\\"\\\\\xf6e"@b.example', ['postmaster@mail.example.org']);
  await server.seen(/"event":"end_msg"/);
  writeFileSync(join(home, 'control/listeners'), 'smtp nowhere\n');
  server.child.kill('SIGHUP');
  await server.seen(/unable to reread/);
  server.child.kill('SIGTERM');
  const { stdout } = await server.finished;

  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as LogRecord);
  for (const { level, time, event } of records) {
    assert.ok([30, 40, 50].includes(level));
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(event, /^[a-z_]+$/);
  }
  const find = (event: string): LogRecord | undefined => records.find((record) => record.event === event);
  assert.equal(find('info_msg')?.sender, 'j"\\\xf6e@b.example');
  assert.equal(find('starting_delivery')?.recipient, 'postmaster@mail.example.org');
  assert.equal(find('delivery')?.result, 'success');
  assert.deepEqual([find('alert')?.level, find('new_msg')?.level], [50, 30]);
  assert.match(String(find('alert')?.text), /^unable to reread control\/listeners:1: /);
});

test('tai64n: every line has a stamp of now, and odd octets become _', async (t) => {
  const home = await makeHome(t);
  writeFileSync(join(home, 'control/logstamp'), 'tai64n\n');
  const server = startServer(t, home, { node: 'real' });
  const { listeners } = await server.ready();
  const before = Math.floor(Date.now() / 1000);
  await sendMessage(listeners[0]?.port ?? 0, '127.0.0.1', 'j\xf6e@b.example', ['postmaster@mail.example.org']);
  await server.seen(/end msg/);
  server.child.kill('SIGTERM');
  const { stdout } = await server.finished;
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) assert.match(line, /^@40000000[0-9a-f]{16} [a-z]/);
  const end = lines.find((line) => line.includes('end msg'));
  const seconds = Number(BigInt(`0x${end?.slice(1, 17)}`) - 2n ** 62n) - 10;
  assert.ok(seconds >= before && seconds <= before + 60, `${seconds} is now`);
  assert.ok(lines.some((line) => line.includes('from <j_e@b.example> qp')));
});

test('another form of the log takes effect with a reload, for the node and for its parent', async (t) => {
  const home = await makeHome(t);
  const server = startServer(t, home, { node: 'real' });
  const { listeners } = await server.ready();
  const port = listeners[0]?.port ?? 0;
  const send = (): Promise<string> => sendMessage(port, '127.0.0.1', 'a@b.example', ['postmaster@mail.example.org']);
  const change = async (logformat: string, logstamp: string): Promise<void> => {
    writeFileSync(join(home, 'control/logformat'), `${logformat}\n`);
    writeFileSync(join(home, 'control/logstamp'), `${logstamp}\n`);
    const { code, stderr } = await run(t, 'tqmail', ['reload', '--home', home]).finished;
    assert.equal(code, 0, stderr);
  };
  await send();
  await server.seen(/^end msg 2$/m);
  await change('json', 'none');
  await send();
  await server.seen(/"event":"end_msg","msg":3/);
  await change('qmail', 'tai64n');
  await send();
  await server.seen(/^@[0-9a-f]{24} end msg 4$/m);
  await change('json', 'tai64n');
  const node = readPids(join(home, 'run/pids')).find(({ role }) => role === 'node');
  process.kill(node?.pid ?? 0, 'SIGKILL');
  await server.seen(/"event":"alert","text":"node ended \(signal SIGKILL\)/);
});
