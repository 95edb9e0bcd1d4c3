/**
 * The whole server from outside: what it refuses to start with, a bad file at HUP, TERM under load, and how soon a
 * message that comes while nothing else does is on its way.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { askNode } from '../../src/cli/control/client.js';
import { Book } from '../faults/kill/book.js';
import { startBookingSink } from '../faults/kill/booking-sink.js';
import { Load } from '../faults/kill/load.js';
import { readMaildir } from '../faults/kill/rounds.js';
import { mountSmallDisk, noMount } from '../support/disk.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, makeMailHome, openFolder, until } from '../support/server-home.js';
import { launcher, ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

/** `tqmail start` that must fail; what it said. */
function refusal(home: string): string {
  const { status, stderr } = spawnSync(launcher, ['start', '--home', home], { encoding: 'latin1', timeout: 60_000 });
  assert.equal(status, 111, stderr);
  return stderr;
}

test('start refuses what it cannot serve and names file, line, folder or port', async (t) => {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const home = await makeMailHome(folder, 9);
  const control = join(home.path, 'control');
  const tried = (name: string, text: string | Buffer, wanted: RegExp): void => {
    const path = join(control, name);
    writeFileSync(path, text);
    assert.match(refusal(home.path), wanted, name);
    rmSync(path);
  };
  tried('queuebytes', '1\x000\n', /control\/queuebytes:1: /);
  tried('nameservers', '127.0.0.1\nnowhere at all\n', /control\/nameservers:2: /);
  tried('maxrcpt', '-5\n', /control\/maxrcpt:1: /);
  tried('topology', 'circle\n', /control\/topology:1: /);
  renameSync(join(control, 'me'), join(control, 'not-me'));
  assert.match(refusal(home.path), /control\/me: it does not exist/);
  renameSync(join(control, 'not-me'), join(control, 'me'));
  const taken = createServer().listen(home.port, '127.0.0.1');
  await new Promise((settle) => taken.once('listening', settle));
  assert.match(refusal(home.path), new RegExp(`cannot listen on 127\\.0\\.0\\.1:${home.port}: address already in use`));
  taken.close();
  renameSync(join(home.path, 'queue'), join(home.path, 'gone'));
  assert.match(refusal(home.path), /home\/queue: no such file or directory/);
});

test('a queue that cannot be written is named', async (t) => {
  const why = noMount();
  if (why !== undefined) return t.diagnostic(why);
  const ending = backwards(t);
  const home = await makeMailHome(openFolder(ending), 9);
  const queue = join(home.path, 'queue');
  rmSync(queue, { recursive: true });
  mkdirSync(queue);
  mountSmallDisk(ending, queue, 4);
  assert.equal(spawnSync('mount', ['-o', 'remount,ro', queue]).status, 0);
  assert.match(refusal(home.path), /home\/queue\/?\S*:? .*read-only/i);
});

test('a bad file at HUP changes nothing; a second server is refused; faults cannot be ordered', async (t) => {
  const ending = backwards(t);
  const sink = await startKeepingSink(ending, {});
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  const { path, port } = server.home;
  await banner(port);
  const control = join(path, 'control');
  writeFileSync(join(control, 'badmailfrom'), 'bad@spam.test\n');
  writeFileSync(join(control, 'maxrcpt'), 'much\n');
  server.child.kill('SIGHUP');
  await server.seen(/alert: unable to reread control\/maxrcpt:1: .*; the old settings stay/);
  const client = async (): Promise<SmtpDialogue> => {
    const dialogue = await (await SmtpDialogue.open(port)).greet();
    ending.after(() => dialogue.close());
    return dialogue;
  };
  const before = await client();
  assert.match(
    await before.send(['box@dest.test'], 'Subject: a\r\n\r\n', 'bad@spam.test'),
    /^250 /,
    'not even the good file counts',
  );
  writeFileSync(join(control, 'maxrcpt'), '100\n');
  assert.equal((await askNode(path, { verb: 'reload' }))?.tag, 'done');
  assert.match(await (await client()).send(['box@dest.test'], '\r\n', 'bad@spam.test'), /^553 /);
  assert.match(refusal(path), /already running/);
  assert.equal((await askNode(path, { verb: 'fault', thread: 'core', kind: 'throw' }))?.tag, 'failed');
  assert.match(await before.say('NOOP'), /^250 /);
});

test('TERM under load ends with 0 and loses nothing', async (t) => {
  const ending = backwards(t);
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  const home = await makeMailHome(openFolder(ending), sink.port);
  const first = new ServerProcess(ending, home);
  await banner(home.port);
  const load = new Load({ port: home.port, senders: 4, accepted: (n) => book.accept(n), hold: () => false });
  ending.after(() => load.stop());
  await until('two hundred messages are accepted', 20_000, () => book.accepted >= 200);
  const begun = performance.now();
  assert.equal(await first.stop(), 0);
  t.diagnostic(`stopped in ${Math.round(performance.now() - begun)} ms`);
  await load.stop();
  const second = new ServerProcess(ending, home);
  await banner(home.port);
  await drained(second);
  readMaildir(home.maildir, book);
  const { lost, altered, twiceLocal, twiceRemote } = book.verdict();
  assert.deepEqual({ lost, altered, twiceLocal, twiceRemote }, { lost: 0, altered: 0, twiceLocal: 0, twiceRemote: 0 });
});

test('a message that comes while nothing else does is on its way at once', async (t) => {
  const ending = backwards(t);
  let arrivedAt = 0;
  const sink = await startKeepingSink(ending, {
    // The delivery has begun when its recipient is named.
    recipient: () => {
      arrivedAt = performance.now();
      return { accept: true };
    },
  });
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  await banner(server.home.port);
  const client = await (await SmtpDialogue.open(server.home.port)).greet();
  ending.after(() => client.close());
  const waits: number[] = [];
  for (let n = 0; n < 60; n += 1) {
    arrivedAt = 0;
    assert.match(await client.send(['box@dest.test'], `Subject: ${n}\r\n\r\n`), /^250 /);
    const accepted = performance.now();
    await until('the next hop has it', 10_000, () => arrivedAt > 0);
    // Negative: the delivery had begun before the client's answer arrived.
    if (n >= 10) waits.push(Math.max(0, arrivedAt - accepted));
  }
  waits.sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.floor(share * (waits.length - 1))] ?? 0;
  t.diagnostic(`from 250 to the delivery's start, ms: p50 ${at(0.5).toFixed(1)}, p99 ${at(0.99).toFixed(1)}`);
  assert.ok(at(0.5) < 250, 'no polling interval may lie in between');
});
