/**
 * `tqmail start` as a process with a fake node: ready file, restarts, signals, refusals; and the verbs that talk to it.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NodeReport } from '../../src/actors/node-api.js';
import { fromNode } from '../../src/cli/start/from-node.js';
import { canLimitDescriptors } from '../support/descriptor-limit.js';
import { fakeNode, greeting, makeHome, run, startServer } from './command.js';

const pids = (home: string): readonly string[] => readFileSync(join(home, 'run/pids'), 'latin1').trimEnd().split('\n');

test('start writes the ready file, serves, and stop ends it cleanly', async (t) => {
  const home = await makeHome(t);
  const server = startServer(t, home);
  const { pid, listeners } = await server.ready();
  assert.equal(pid, server.child.pid);
  assert.equal(listeners[0]?.protocol, 'smtp');
  const [parentLine, nodeLine] = pids(home);
  assert.equal(parentLine, `start ${pid}`);
  const hello = await greeting(listeners[0]?.port ?? 0);
  assert.equal(nodeLine, `node ${/^220 (\d+)/.exec(hello)?.[1]}`);
  assert.doesNotMatch(hello, /uid 0\r/, 'the node must not run as root');

  const status = await run(t, 'tqmail', ['status', '--json', '--home', home]).finished;
  assert.equal(status.code, 0, status.stderr);
  const told = JSON.parse(status.stdout) as { pid: number; node: NodeReport };
  assert.equal(told.pid, pid);
  assert.equal(told.node.counters.threads, '16');

  const stop = await run(t, 'tqmail', ['stop', '--home', home]).finished;
  assert.deepEqual([stop.code, stop.stderr], [0, '']);
  assert.equal((await server.finished).code, 0);
  assert.equal(existsSync(join(home, '..', 'ready')), false);
  assert.deepEqual(readdirSync(join(home, 'run')), []);
  assert.equal((await run(t, 'tqmail', ['stop', '--home', home]).finished).code, 1);
  assert.equal((await run(t, 'tqmail', ['status', '--home', home]).finished).code, 3);
});

test('a killed node is started again on the same port, and a second server is refused', async (t) => {
  const home = await makeHome(t);
  const server = startServer(t, home);
  const { listeners } = await server.ready();
  const port = listeners[0]?.port ?? 0;
  const before = Number(/^220 (\d+)/.exec(await greeting(port))?.[1]);
  process.kill(before, 'SIGKILL');
  await server.seen(/alert: node ended \(signal SIGKILL\); starting it again in 100 ms/);
  const after = Number(/^220 (\d+)/.exec(await greeting(port))?.[1]);
  assert.notEqual(after, before);

  const second = await run(t, 'tqmail', ['start', '--home', home, '--node-entry', fakeNode]).finished;
  assert.equal(second.code, 111);
  assert.match(second.stderr, /already running/);
});

test('signals become messages to the node, and TERM ends with 0', async (t) => {
  const home = await makeHome(t);
  const server = startServer(t, home);
  await server.ready();
  writeFileSync(join(home, 'control/faulty'), '');
  server.child.kill('SIGHUP');
  await server.seen(/alert: unable to reread control\/faulty:1: is no number; the old settings stay/);
  rmSync(join(home, 'control/faulty'));
  writeFileSync(join(home, 'control/listeners'), 'smtp 127.0.0.2:0\n');
  server.child.kill('SIGHUP');
  await server.seen(/warning: control\/listeners was changed/);
  server.child.kill('SIGALRM');
  const doqueue = await run(t, 'tqmail', ['doqueue', '--home', home]).finished;
  assert.equal(doqueue.code, 0, doqueue.stderr);
  const status = await run(t, 'tqmail', ['status', '--json', '--home', home]).finished;
  assert.equal((JSON.parse(status.stdout) as { node: NodeReport }).node.counters.dueCalls, 2);
  server.child.kill('SIGTERM');
  assert.equal((await server.finished).code, 0);
});

test('pause, cont, restart and reload answer with their exit codes', async (t) => {
  const home = await makeHome(t);
  const server = startServer(t, home);
  await server.ready();
  const code = async (verb: string): Promise<number | null> => (await run(t, 'tqmail', [verb, '--home', home]).finished).code;
  assert.equal(await code('pause'), 0);
  assert.equal(await code('pause'), 1);
  assert.equal(await code('cont'), 0);
  assert.equal(await code('cont'), 1);
  assert.equal(await code('reload'), 0);
  writeFileSync(join(home, 'control/faulty'), '');
  assert.equal(await code('reload'), 111);
  const [, nodeBefore] = pids(home);
  assert.equal(await code('restart'), 0);
  const [, nodeAfter] = pids(home);
  assert.notEqual(nodeAfter, nodeBefore);
  assert.equal(await code('nonsense'), 1);
});

test('a node that dies five times in a minute ends the parent with 111', async (t) => {
  const home = await makeHome(t);
  const server = startServer(t, home, { env: { FAKE_NODE: 'die' } });
  const { code, stdout, stderr } = await server.finished;
  assert.equal(code, 111);
  assert.match(stderr, /five times within a minute, the last time with exit code 9/);
  assert.deepEqual(stdout.match(/again in \d+ ms/g), [
    'again in 100 ms',
    'again in 200 ms',
    'again in 400 ms',
    'again in 800 ms',
  ]);
});

test('a node that says nonsense is replaced, and its parent does not go with it', async (t) => {
  const home = await makeHome(t);
  const server = startServer(t, home, { env: { FAKE_NODE: 'nonsense' } });
  const { code, stderr } = await server.finished;
  assert.equal(code, 111);
  assert.match(stderr, /five times within a minute, the last time with signal SIGKILL/);
});

test('what a node may say is taken as it is, and nothing else', () => {
  const format = { logformat: 'json', logstamp: 'none' } as const;
  const good = [
    { type: 'ready' },
    { type: 'pulse' },
    { type: 'stop please' },
    { type: 'failed', text: 'x' },
    { type: 'log', format },
  ];
  for (const message of good) assert.deepEqual(fromNode(message), message);
  assert.deepEqual(fromNode({ type: 'ready', more: 1 }), { type: 'ready' });
  const long = fromNode({ type: 'failed', text: 'x'.repeat(1_000_000) });
  assert.ok(long?.type === 'failed' && long.text.length <= 10_000);
  const odd = [
    null,
    7,
    'ready',
    [],
    {},
    { type: 'failed' },
    { type: 'failed', text: 7 },
    { type: 'log' },
    { type: 'log', format: 7 },
  ];
  const odder = [
    { type: 'log', format: { logformat: 'x', logstamp: 'none' } },
    { type: 'log', format: { logformat: 'qmail' } },
  ];
  for (const message of [...odd, ...odder, { type: '__proto__' }])
    assert.equal(fromNode(message), undefined, JSON.stringify(message));
});

test('the reason of a node that cannot start is told', async (t) => {
  const home = await makeHome(t);
  const server = startServer(t, home, { env: { FAKE_NODE: 'fail' } });
  await server.seen(/node ended \(exit code 111\): the fake node was told to fail/);
});

test('start refuses a home that is not right, naming what is wrong', async (t) => {
  const home = await makeHome(t);
  const refused = async (): Promise<string> => {
    const { code, stderr } = await run(t, 'tqmail', ['start', '--home', home, '--node-entry', fakeNode]).finished;
    assert.equal(code, 111);
    return stderr;
  };
  const taken = createServer();
  await new Promise<void>((settle) => taken.listen(0, '127.0.0.1', settle));
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  writeFileSync(join(home, 'control/listeners'), `smtp 127.0.0.1:${port}\n`);
  assert.match(await refused(), new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: address already in use`));
  writeFileSync(join(home, 'control/listeners'), '# ours\nsmtp nowhere\n');
  assert.match(await refused(), /control\/listeners:2: /);
  writeFileSync(join(home, 'control/listeners'), 'smtp 127.0.0.1:0\nlmtp [::1]:24\n');
  assert.match(await refused(), /listeners: lmtp \[::1\]:24: this version serves [a-z0-9, ]+ only; remove the line/);
  writeFileSync(join(home, 'control/listeners'), 'smtp 127.0.0.1:2525 rules=none.smtp\n');
  assert.match(await refused(), /none\.smtp: it does not exist; create it, or remove rules= from control\/listeners/);
  writeFileSync(join(home, 'none.smtp'), '127.:allow\nnonsense\n');
  assert.match(await refused(), /home\/none\.smtp:2: "nonsense" is not address:allow or address:deny/);
  writeFileSync(join(home, 'control/listeners'), 'smtp 127.0.0.1:0\n');
  chmodSync(join(home, 'queue'), 0o755);
  assert.match(await refused(), /queue is open to others/);
  rmSync(join(home, 'queue'), { recursive: true });
  assert.match(await refused(), /home\/queue: no such file or directory/);
});

test('start with too few open files says so, in place of ending in the middle', async (t) => {
  if (!canLimitDescriptors()) return t.diagnostic('not applicable: no prlimit');
  const home = await makeHome(t);
  const { code, stderr } = await startServer(t, home, { through: ['prlimit', '--nofile=200:200'] }).finished;
  assert.equal(code, 111);
  assert.match(stderr, /cannot start: 200 open files are allowed, a server needs 256 .*ulimit -n/);
});

test('start and reload warn of settings that count otherwise than they look', async (t) => {
  const home = await makeHome(t);
  writeFileSync(join(home, 'control/databytes'), '10M\n');
  const server = startServer(t, home, { node: 'real' });
  await server.seen(/^warning: control\/databytes:1: "10M" counts as 10; write digits alone$/m);
  await server.ready();
  writeFileSync(join(home, 'control/databytes'), '10000000\n');
  writeFileSync(join(home, 'control/smtproutes'), 'a.example:relay:smtp\n');
  assert.equal((await run(t, 'tqmail', ['reload', '--home', home]).finished).code, 0);
  await server.seen(/^warning: control\/smtproutes:1: "relay:smtp" has no port/m);
});

test('start without control/me names the file', async (t) => {
  const home = await makeHome(t);
  rmSync(join(home, 'control/me'));
  const { code, stderr } = await run(t, 'tqmail', ['start', '--home', home, '--node-entry', fakeNode]).finished;
  assert.equal(code, 111);
  assert.match(stderr, /control\/me: it does not exist/);
});

test('root is told which folder the uid of the node cannot enter', async (t) => {
  if (process.getuid?.() !== 0) return t.diagnostic('only root drops to another uid');
  const home = await makeHome(t);
  const closed = join(home, '..');
  chmodSync(closed, 0o700);
  const { code, stderr } = await run(t, 'tqmail', ['start', '--home', home, '--node-entry', fakeNode]).finished;
  assert.equal(code, 111);
  assert.match(stderr, new RegExp(`cannot start as uid \\d+: ${closed} cannot be read`));
});
