/**
 * What a server that root started may still do: no thread of the node has a uid or a right of root, files are closed to
 * others, and only lspawnd and the parent stay root. Without root: nothing gains any.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backwards, banner, localRecipient, makeMailHome, openFolder } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

const root = process.getuid?.() === 0;
/** CAP_NET_BIND_SERVICE. */
const bindOnly = 1n << 10n;

interface Rights {
  readonly uids: readonly number[];
  readonly effective: bigint;
}

/** The rights of every thread of a process. */
function rightsOf(pid: number): Rights[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const line = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    return { uids: line('Uid').split(/\s+/).map(Number), effective: BigInt(`0x${line('CapEff')}`) };
  });
}

/** Threads that could act as root. */
const rootly = (pid: number): Rights[] =>
  rightsOf(pid).filter(({ uids, effective }) => uids.includes(0) || (effective & ~bindOnly) !== 0n);

/** Everything below a folder, itself included. */
function below(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  return [path, ...readdirSync(path).flatMap((name) => below(join(path, name)))];
}

/** TCP sockets that a process holds, by their inodes. */
function tcpSockets(pid: number): string[] {
  const tables = ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/net/${name}`, 'utf8')).join('\n');
  const tcp = new Set(tables.split('\n').map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`));
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)].filter((target) => tcp.has(target));
    } catch {
      // It was closed between the look at the folder and this one.
      return [];
    }
  });
}

test('after start the node is nobody special, and what it writes is its own', async (t) => {
  const ending = backwards(t);
  const home = await makeMailHome(openFolder(ending), 9);
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  const talk = await (await SmtpDialogue.open(home.port)).greet();
  assert.match(await talk.send([localRecipient], 'Subject: x\r\n\r\nhello\r\n', 'a@b.test'), /^250/);
  await drained(server);
  const node = server.pid('node') ?? 0;
  const threads = rightsOf(node);
  assert.ok(threads.length > 3, `${threads.length} threads`);
  if (!root) {
    t.diagnostic('not applicable: without root nothing is dropped');
    assert.ok(threads.every(({ uids }) => uids.every((uid) => uid === process.getuid?.())));
    return;
  }
  assert.deepEqual(rootly(node), []);
  const { uid } = statSync(join(home.path, 'queue'));
  assert.ok(threads.every(({ uids }) => uids.every((one) => one === uid)));
  for (const path of below(join(home.path, 'queue'))) {
    const { mode } = statSync(path);
    assert.equal(mode & 0o077, 0, `${path} ${(mode & 0o777).toString(8)}`);
  }
  const lspawnd = server.pid('lspawnd') ?? 0;
  assert.ok(rootly(lspawnd).length > 0, 'lspawnd is root: the look at rights can see it');
  assert.ok(rootly(server.child.pid ?? 0).length > 0, 'the parent is root');
  const talking = await SmtpDialogue.open(home.port);
  await talking.reply();
  assert.ok(tcpSockets(node).length >= 2, 'the node holds its listener and this connection');
  assert.deepEqual(tcpSockets(lspawnd), [], 'lspawnd holds no connection and no listener');
  talking.close();
  for (const name of readdirSync(join(home.maildir, 'new'))) {
    const { mode, uid: owner } = statSync(join(home.maildir, 'new', name));
    assert.equal(mode & 0o777, 0o600);
    assert.equal(owner, statSync(home.maildir).uid);
  }
});
