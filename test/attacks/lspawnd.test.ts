/**
 * 10,000 requests to lspawnd by a node that was taken over: broken frames, and whole ones that claim other users, homes,
 * programs and numbers. Nothing runs but what the user's own files order, nothing as root, and mail goes on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLocalDeliverer } from '../../src/actors/local/deliverer.js';
import { FrameReader } from '../../src/actors/spawn/lspawnd-frames.js';
import { encodeDelivery, encodeEnd, encodePiece, type WireDelivery } from '../../src/actors/spawn/lspawnd-messages.js';
import { below, type Chance, chanceOf, mutated, oneOf } from '../fuzz/mutate.js';
import { delivered, delivery, hostname, nonce, serverHome } from '../support/local-home.js';

const entry = fileURLToPath(new URL('../../src/cli/lspawnd.js', import.meta.url));
const nodeUid = 8500;
const requests = 10_000;
const perConnection = 100;

/** Uid and program of each process that `pid` has started; those that are not programs of their own yet are left out. */
function children(pid: number): string[] {
  const own = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  const started = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return started.flatMap((child) => {
    try {
      const words = readFileSync(`/proc/${child}/cmdline`, 'utf8');
      const uid = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1];
      return words === own || words === '' ? [] : [`${uid} ${basename(words.split('\0', 1)[0] ?? '')}`];
    } catch {
      return [];
    }
  });
}

/** A whole request that says what a node must not say. */
function claim(chance: Chance, id: number, home: string, canary: string): WireDelivery {
  const program = `|touch ${canary}`;
  const locals = [
    'super',
    'super-x',
    'nobody.here',
    '../joe',
    'joe/../super',
    'super\0',
    '',
    'root',
    '0',
    '-joe',
    'x'.repeat(60_000),
  ];
  return {
    id,
    user: oneOf(chance, ['root', 'super', 'joe', '', '0']),
    home: oneOf(chance, [home, '/', '/root', '/etc', '', `${home}/../..`]),
    dash: oneOf(chance, ['', '-', '/', '../']),
    ext: oneOf(chance, ['', 'x', '../../x', program]),
    local: oneOf(chance, locals),
    host: oneOf(chance, ['x.example', '', program]),
    sender: oneOf(chance, ['s@t', '', `\n${program}\n`, '$(id)']),
    message: below(chance, 2 ** 30),
    recipient: below(chance, 1_000),
    birth: below(chance, 2 ** 31),
    nonce,
    hostname: oneOf(chance, [hostname, '../../x', '']),
    repeated: chance() < 0.5,
    form: chance() < 0.5 ? 'wire' : 'unix',
    defaultDelivery: oneOf(chance, [program, './Maildir/', `${program}\n`, '/etc/passwd', '&root']),
    body: chance() < 0.8 ? Buffer.from('Subject: x\r\n\r\n') : undefined,
  };
}

async function startLspawnd(t: TestContext, home: string) {
  const socket = join(home, 'run/lspawnd.sock');
  const child = spawn(process.execPath, [entry, home, socket, String(nodeUid), '4'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin' },
  });
  child.stderr.resume();
  t.after(async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  return { child, socket };
}

test(`${requests} hostile requests: nothing runs, nothing is root, lspawnd lives`, async (t) => {
  if (process.getuid?.() !== 0) return t.diagnostic('not applicable: lspawnd needs root');
  const home = serverHome(t, [
    { name: 'joe', uid: 8001 },
    { name: 'super', uid: 0 },
  ]);
  chownSync(join(home, 'run'), nodeUid, nodeUid);
  writeFileSync(join(home, 'control/defaultdelivery'), './Maildir/\n');
  const canary = join('/tmp', `tqmail-canary-${process.pid}`);
  writeFileSync(join(home, 'super/.qmail'), `|touch ${canary}\n`);
  const { child, socket } = await startLspawnd(t, home);
  const chance = chanceOf(20_011);
  const seen = new Set<string>();
  let sent = 0;
  let reports = 0;
  const connection = async (): Promise<void> => {
    const client = connect(socket);
    client.on('error', () => undefined);
    const reader = new FrameReader();
    client.on('data', (chunk) => {
      const frames = reader.push(Buffer.from(chunk));
      if (frames !== 'broken') reports += frames.filter(({ kind }) => kind === 'R').length;
    });
    const closed = new Promise((settle) => client.once('close', settle));
    for (let n = 0; n < perConnection; n++, sent++) {
      const whole = encodeDelivery(claim(chance, n, home, canary)).toString('latin1');
      const kind = below(chance, 4);
      const odd = kind === 0 ? encodePiece(n, Buffer.from('x')) : encodeEnd(below(chance, 200), chance() < 0.5);
      // A broken frame ends the connection, so most are whole.
      const broken = n === perConnection - 1 ? mutated(whole, chance, ['D', 'B', '\0\0\0\x01'], [whole]) : whole;
      client.write(kind < 2 && n > 0 ? odd : Buffer.from(broken, 'latin1'));
    }
    client.end();
    await closed;
    for (const one of children(child.pid ?? 0)) seen.add(one);
  };
  while (sent < requests) await Promise.all([connection(), connection(), connection(), connection()]);
  t.diagnostic(`${sent} requests, ${reports} reports`);
  assert.ok(reports > requests / 10, `${reports} reports: whole requests are looked at`);
  assert.equal(child.exitCode, null);
  assert.equal(child.signalCode, null);
  assert.ok(!existsSync(canary), 'a program ran');
  // Names that could be accounts are asked of the system.
  assert.deepEqual(
    [...seen].filter((one) => one !== '0 getent'),
    [],
  );
  assert.deepEqual(delivered(join(home, 'super')), []);
  assert.deepEqual(readdirSync(join(home, 'super')).sort(), ['.qmail', 'Maildir']);

  // The same claims, and a program that its own file orders: the canary and the look at children can be seen.
  const own = join(home, 'joe', 'canary');
  writeFileSync(join(home, 'joe/.qmail-run'), `|touch ${own}\n`);
  const deliverer = createLocalDeliverer({ home, nonce, uid: nodeUid, lspawndSocket: socket, hostname, env: {} });
  t.after(() => deliverer.close());
  const { outcomes } = await deliverer.deliver(delivery('joe-run@x.example'), `|touch ${canary}`);
  assert.equal(outcomes[0]?.status, 'K', outcomes[0]?.text);
  assert.ok(existsSync(own));
  assert.deepEqual(children(child.pid ?? 0), ['8001 node']);
});
