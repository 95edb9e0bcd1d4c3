/**
 * lspawnd as a process of its own: identity of deliveries, refusal of root, limits, hostile requests.
 * Only root can start it; without root the test shows that it says so.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLocalDeliverer } from '../../src/actors/local/deliverer.js';
import type { LocalDeliverer } from '../../src/actors/local/deliverer-types.js';
import { encodeDelivery, encodePiece } from '../../src/actors/spawn/lspawnd-messages.js';
import { delivered, delivery, expected, hostname, nonce, serverHome, type TestUser } from '../support/local-home.js';
import { until } from '../support/server-home.js';

const entry = fileURLToPath(new URL('../../src/cli/lspawnd.js', import.meta.url));
const root = process.getuid?.() === 0;
const node = 8500;
const users: readonly TestUser[] = [
  { name: 'joe', uid: 8001 },
  { name: 'amy', uid: 8002 },
  { name: 'super', uid: 0 },
];

interface Running {
  readonly home: string;
  readonly socket: string;
  readonly process: ChildProcess;
  readonly deliverer: LocalDeliverer;
  log(): string;
}

/** Starts lspawnd; undefined, with a diagnostic, when this is not root. */
async function start(t: TestContext, limit = 4): Promise<Running | undefined> {
  if (!root) {
    t.diagnostic('not applicable: lspawnd needs root; its refusal is tested instead');
    return undefined;
  }
  const home = serverHome(t, users);
  writeFileSync(join(home, 'control', 'defaultdelivery'), './Maildir/\n');
  chownSync(join(home, 'run'), node, node);
  const socket = join(home, 'run', 'lspawnd.sock');
  const child = spawn(process.execPath, [entry, home, socket, String(node), String(limit)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', SECRET: 'not for users' },
  });
  let log = '';
  child.stderr.on('data', (text) => {
    log += text;
  });
  await once(child.stdout, 'data');
  const deliverer = createLocalDeliverer({ home, nonce, uid: node, lspawndSocket: socket, hostname, env: {} });
  t.after(async () => {
    await deliverer.close();
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  });
  return { home, socket, process: child, deliverer, log: () => log };
}

test('lspawnd without root says why it does not start', async (t) => {
  if (root) {
    t.diagnostic('run under uid 65534');
  }
  const identity = root ? { uid: 65534, gid: 65534 } : {};
  const child = spawn(process.execPath, [entry, '/nonexistent', '/nonexistent/socket', '1', '1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...identity,
  });
  let log = '';
  child.stderr?.on('data', (text) => {
    log += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 111);
  assert.match(log, /only root can/);
});

test('a delivery runs as its user, without groups, with umask 077', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  const { home, deliverer, socket } = running;
  assert.equal(statSync(socket).uid, node);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  writeFileSync(
    join(home, 'joe', '.qmail-id'),
    '|id -u; id -G; umask; pwd; cat /proc/self/status | grep Groups; env | grep SECRET || echo none\n',
  );
  const report = await deliverer.deliver(delivery('joe-id@x.example'), '|echo not this');
  const lines = report.outcomes[0]?.text.split('\n');
  assert.equal(report.outcomes[0]?.status, 'K', report.outcomes[0]?.text);
  assert.deepEqual(lines, ['8001', '8001', '0077', join(home, 'joe'), 'Groups:\t ', 'none', 'did 0+0+1', '']);
});

test('deliveries of several users, in parallel, land in their Maildirs', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  const { home, deliverer } = running;
  const names = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 'joe' : 'amy'));
  const reports = await Promise.all(
    names.map((name, message) => deliverer.deliver(delivery(`${name}@x.example`, { message }), '')),
  );
  for (const report of reports) assert.deepEqual(report.outcomes, [{ status: 'K', text: 'did 1+0+0\n' }]);
  for (const name of ['joe', 'amy']) {
    const messages = delivered(join(home, name));
    assert.equal(messages.length, 20);
    for (const message of messages) {
      assert.equal(message.text, expected(`${name}@x.example`));
      const { uid, mode } = statSync(join(home, name, 'Maildir/new', message.name));
      assert.deepEqual([uid, mode & 0o777], [name === 'joe' ? 8001 : 8002, 0o600]);
    }
  }
});

test('uid 0 gets no delivery', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  const report = await running.deliverer.deliver(delivery('super@x.example'), '');
  assert.deepEqual(report.outcomes, [{ status: 'Z', text: 'Not allowed to perform deliveries as root.\n' }]);
  assert.deepEqual(delivered(join(running.home, 'super')), []);
});

test('where the node can write users/cdb, only its own uid gets mail', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  chownSync(join(running.home, 'users'), node, node);
  const report = await running.deliverer.deliver(delivery('joe@x.example'), '');
  assert.equal(report.outcomes[0]?.status, 'Z');
  assert.match(report.outcomes[0]?.text ?? '', /own uid 8500 can write/);
});

test('a large body goes through in pieces, unaltered', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  const line = `${'x'.repeat(998)}\n`;
  const text = `Subject: large\n\n${line.repeat(5000)}`;
  const file = join(running.home, 'queue', 'large');
  writeFileSync(file, text, { mode: 0o600 });
  const { bytes: _, ...rest } = delivery('joe@x.example', { form: 'unix', file: 'large' });
  const reports = await Promise.all([1, 2, 3].map((message) => running.deliverer.deliver({ ...rest, message }, '')));
  for (const report of reports) assert.equal(report.outcomes[0]?.status, 'K', report.outcomes[0]?.text);
  const digest = (octets: string): string => createHash('sha256').update(octets, 'latin1').digest('hex');
  const want = digest(`Return-Path: <sender@remote.example>\nDelivered-To: joe@x.example\n${text}`);
  const messages = delivered(join(running.home, 'joe'));
  assert.equal(messages.length, 3);
  for (const message of messages) assert.equal(digest(message.text), want);
});

/** Files without a name that the children of a process hold: bodies that are arriving. */
function namelessFiles(parent: number): number {
  let count = 0;
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').trim().split(' ').filter(Boolean);
  for (const child of children) {
    for (const fd of readdirSync(`/proc/${child}/fd`)) {
      const target = linkOf(`/proc/${child}/fd/${fd}`);
      if (/\(deleted\)$/.test(target)) count += 1;
    }
  }
  return count;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

test('a node that goes away in the middle of a body leaves no delivery behind', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  const { bytes: _, ...rest } = delivery('joe@x.example');
  const request = { ...rest, id: 7, user: '', home: '', dash: '', ext: '', local: 'joe', host: 'x.example' };
  const wire = { ...request, recipient: 0, nonce, hostname, repeated: false, form: 'unix', defaultDelivery: '' } as const;
  const socket = connect(running.socket);
  await once(socket, 'connect');
  socket.write(encodeDelivery({ ...wire, body: undefined }));
  socket.write(encodePiece(7, Buffer.from('Subject: half\n')));
  // The piece was taken: its child has the file open.
  await once(socket, 'data');
  const pid = running.process.pid ?? 0;
  assert.equal(namelessFiles(pid), 1);
  socket.destroy();
  await until('the file is closed', 20_000, () => namelessFiles(pid) === 0);
  assert.equal((await running.deliverer.deliver(delivery('joe@x.example'), '')).outcomes[0]?.status, 'K');
  assert.equal(delivered(join(running.home, 'joe')).length, 1, 'half a body is no message');
});

test('a body that cannot be read defers', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  const { bytes: _, ...rest } = delivery('joe@x.example', { file: 'missing' });
  const report = await running.deliverer.deliver(rest, '');
  assert.deepEqual(report.outcomes, [{ status: 'Z', text: 'Unable to read message. (#4.3.0)\n' }]);
});

test('a dead child defers its delivery and the next one is made', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  writeFileSync(join(running.home, 'joe', '.qmail-kill'), '|kill -9 $PPID; sleep 5\n');
  const report = await running.deliverer.deliver(delivery('joe-kill@x.example'), '');
  assert.deepEqual(report.outcomes, [{ status: 'Z', text: 'qmail-local crashed.\n' }]);
  const next = await running.deliverer.deliver(delivery('joe@x.example'), '');
  assert.equal(next.outcomes[0]?.status, 'K');
});

test('more users than children: the idle one makes room', async (t) => {
  const running = await start(t, 1);
  if (running === undefined) return;
  for (const name of ['joe', 'amy', 'joe']) {
    const report = await running.deliverer.deliver(delivery(`${name}@x.example`), '');
    assert.equal(report.outcomes[0]?.status, 'K', report.outcomes[0]?.text);
  }
});

test('forward lines come back to be queued', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  writeFileSync(join(running.home, 'joe', '.qmail-f'), '&a@b.example\nc@d.example\n');
  const report = await running.deliverer.deliver(delivery('joe-f@x.example'), '');
  assert.deepEqual(report.forward, {
    uid: 8001,
    sender: 'sender@remote.example',
    prefix: 'Delivered-To: joe-f@x.example\n',
    recipients: ['a@b.example', 'c@d.example'],
  });
});

/** A request made wrong: random octets, or a good one with some octets changed or cut off. */
function malformed(good: Buffer): Buffer {
  if (randomInt(4) === 0) return randomBytes(randomInt(1, 200));
  const bytes = Buffer.from(good.subarray(0, randomInt(1, good.length + 1)));
  for (let changes = randomInt(1, 6); changes > 0; changes--) bytes[randomInt(bytes.length)] = randomInt(256);
  return bytes;
}

test('1,000 malformed requests do not end it', async (t) => {
  const running = await start(t);
  if (running === undefined) return;
  const { bytes: body, sender, message, birth } = delivery('');
  const form = 'wire' as const;
  const fields = {
    id: 1,
    user: '',
    home: '',
    dash: '',
    ext: '',
    local: 'no.such.user',
    host: 'x',
    sender,
    message,
    recipient: 0,
  };
  const good = encodeDelivery({ ...fields, birth, nonce, hostname, repeated: false, form, defaultDelivery: '', body });
  for (let sent = 0; sent < 1000; sent += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = connect(running.socket);
        socket.on('error', () => undefined);
        socket.resume();
        const closed = once(socket, 'close');
        socket.end(malformed(good));
        await closed;
      }),
    );
  }
  assert.equal(running.process.exitCode, null);
  const report = await running.deliverer.deliver(delivery('joe@x.example'), '');
  assert.equal(report.outcomes[0]?.status, 'K', report.outcomes[0]?.text);
  assert.match(running.log(), /malformed request/);
  const status = readFileSync(`/proc/${running.process.pid}/status`, 'utf8');
  assert.match(status, /^Uid:\t0\t0\t0\t0$/m);
});
