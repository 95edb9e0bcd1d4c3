/**
 * The commands that look after a home: check finds what was broken on purpose, rescue saves what is sound of a damaged
 * queue, compact makes the data file smaller and loses nothing.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { open } from 'lmdb';
import { cdbWrite } from '../../src/protocol/cdb.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import type { MessageId } from '../../src/store/queue-store.js';
import { message } from '../store/fixture.js';
import { DnsServer } from '../support/dns-server.js';
import { type Finished, makeHome, run, startServer } from './command.js';

const tqmail = (t: TestContext, home: string, ...args: string[]): Promise<Finished> =>
  run(t, 'tqmail', [...args, '--home', home], { env: { TQMAIL_DNS: '127.0.0.1:1' } }).finished;

const textOf = (n: number): string => `Subject: number ${n}\n\n${`body of message ${n} `.repeat(300)}\n.dot\n`;

/** Fills the queue of a home that no server runs on; the first recipient of each message is done already. */
async function fill(home: string, count: number): Promise<MessageId[]> {
  const dir = join(home, 'queue');
  const store = await openLmdbQueue({ dir, create: true });
  const ids: MessageId[] = [];
  for (let n = 0; n < count; n += 1) {
    const recipients = [`first-${n}@b.example`, `second-${n}@b.example`];
    const body = { form: 'unix', bytes: Buffer.from(textOf(n)) } as const;
    const id = await store.accept(message({ qp: n, sender: `s${n}@a.example`, recipients, body }));
    await store.mark({ id, indexes: [0], bounceText: `paragraph ${n}\n` });
    ids.push(id);
  }
  await store.close();
  return ids;
}

/** Changes an octet behind every place where `text` stands in the data file. */
function damage(home: string, text: string): void {
  const path = join(home, 'queue/data.mdb');
  const data = readFileSync(path);
  let places = 0;
  for (let at = data.indexOf(text); at >= 0; at = data.indexOf(text, at + 1)) {
    data[at + 3] = (data[at + 3] ?? 0) ^ 0x20;
    places += 1;
  }
  assert.ok(places > 0);
  writeFileSync(path, data);
}

test('check: a home as init makes it has no fault but silent name servers', async (t) => {
  const home = await makeHome(t);
  const { code, stdout } = await tqmail(t, home, 'check', '--queue');
  const faults = stdout.split('\n').filter((line) => line.startsWith('FAULT'));
  assert.equal(faults.length, 1, stdout);
  assert.match(faults[0] ?? '', /name servers: 127\.0\.0\.1:1: ECONNREFUSED/);
  assert.match(stdout, /^ok {4}queue: 0 messages, 0 faults$/m);
  assert.match(stdout, /^ok {4}flush: a flush takes \d+\.\d ms/m);
  assert.match(stdout, /^ok {4}smtp 127\.0\.0\.1:0: can be bound/m);
  assert.equal(code, 1);
});

test('check: exit 0 when nothing is wrong', async (t) => {
  const home = await makeHome(t);
  await fill(home, 3);
  const dns = new DnsServer({ 'mail.example.org': [['A', '192.0.2.1']] });
  const address = await dns.start();
  t.after(() => dns.stop());
  const checked = await run(t, 'tqmail', ['check', '--queue', '--home', home], { env: { TQMAIL_DNS: address } }).finished;
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  assert.match(checked.stdout, /^ok {4}name servers: .* know mail\.example\.org$/m);
  assert.match(checked.stdout, /^ok {4}queue: 3 messages, 0 faults$/m);
});

test('check --repair: what no message suffers from is put right, what cannot be read is left', async (t) => {
  const home = await makeHome(t);
  const ids = await fill(home, 3);
  const root = open({ path: join(home, 'queue'), overlappingSync: false, encoding: 'binary', maxDbs: 16 });
  await root.openDB({ name: 'info', encoding: 'binary' }).put(5_000, Buffer.from('x'));
  await root.close();
  assert.match((await tqmail(t, home, 'check', '--queue')).stdout, /^FAULT queue: 3 messages, 1 faults/m);
  const { stdout } = await tqmail(t, home, 'check', '--repair');
  assert.match(stdout, /^ok {4}queue: repaired: 1 records without a message removed, 0 tries put on the schedule$/m);
  assert.match(stdout, /^ok {4}queue: 3 messages, 0 faults$/m);
  damage(home, `body of message 1 `);
  const refused = await tqmail(t, home, 'check', '--repair');
  assert.match(refused.stdout, /^WARN {2}queue: not repaired/m);
  assert.match(refused.stdout, new RegExp(`message ${ids[1]}: body fails its checksum`));
  assert.equal(refused.code, 1);
});

test('check: names what is wrong with files, modes, settings and ports, and what to do', async (t) => {
  const home = await makeHome(t);
  await fill(home, 1);
  const taken = createServer();
  await new Promise<void>((settle) => taken.listen(0, '127.0.0.1', settle));
  t.after(() => void taken.close());
  const { port } = taken.address() as { port: number };
  writeFileSync(join(home, 'control/listeners'), `smtp 127.0.0.1:${port}\n`);
  chmodSync(join(home, 'queue/data.mdb'), 0o644);
  chmodSync(join(home, 'run'), 0o700);
  writeFileSync(join(home, 'users/assign'), '.\n');
  writeFileSync(join(home, 'users/apop'), 'joe:secret\n', { mode: 0o644 });
  const { stdout, code } = await tqmail(t, home, 'check');
  assert.equal(code, 1);
  assert.match(stdout, new RegExp(`^FAULT smtp 127\\.0\\.0\\.1:${port}: .*in use`, 'm'));
  assert.match(stdout, /^FAULT .*data\.mdb: mode 0644: others can read it; run: chmod go= /m);
  assert.match(stdout, /^FAULT .*run: mode 0700, it must be 0755; run: chmod 755 /m);
  assert.match(stdout, /^FAULT .*users\/apop: mode 0644: passwords are in it, which others may read; run: chmod 600 /m);
  assert.match(stdout, /^WARN {2}users: .*qmail-newu$/m);
  if (process.getuid?.() === 0) {
    chmodSync(join(home, 'queue/data.mdb'), 0o600);
    const { uid } = statSync(join(home, 'queue'));
    chownSync(join(home, 'queue/data.mdb'), uid + 1, 0);
    const again = await tqmail(t, home, 'check');
    assert.match(
      again.stdout,
      new RegExp(`^FAULT .*data\\.mdb: belongs to uid ${uid + 1}, the queue to uid ${uid}; run: chown`, 'm'),
    );
  }
  writeFileSync(join(home, 'users/cdb'), cdbWrite([]));
  utimesSync(join(home, 'users/cdb'), 1, 1);
  writeFileSync(join(home, 'control/concurrencyperip'), 'many\n');
  const third = await tqmail(t, home, 'check');
  assert.match(third.stdout, /^WARN {2}users: users\/assign is newer/m);
  assert.match(third.stdout, /^FAULT .*control\/concurrencyperip:1: /m);
});

test('check: a control file that counts otherwise than it looks like is named, once, with what to do', async (t) => {
  const home = await makeHome(t);
  writeFileSync(join(home, 'control/databytes'), '10M\n');
  writeFileSync(join(home, 'control/rcpthosts'), 'mail.example.org\r\nshop.example\r\n');
  writeFileSync(join(home, 'control/barecr'), 'often\n');
  writeFileSync(join(home, 'control/concurencyremote'), '100\n');
  writeFileSync(join(home, 'users/cdb'), 'no cdb');
  writeFileSync(join(home, 'alias/.qmail-root'), './Maildir/\n');
  chmodSync(join(home, 'alias/.qmail-root'), 0o666);
  rmSync(join(home, 'bin/forward'), { force: true });
  symlinkSync('/nonexistent/bin/forward', join(home, 'bin/forward'));
  const { stdout, code } = await tqmail(t, home, 'check');
  assert.equal(code, 1);
  assert.match(stdout, /^FAULT .*control\/databytes:1: "10M" counts as 10; write digits alone$/m);
  assert.match(stdout, /^FAULT .*control\/rcpthosts:1: a carriage return .*sed -i/m);
  assert.match(stdout, /^WARN {2}.*control\/concurencyremote: is not read; perhaps concurrencyremote is meant$/m);
  assert.equal(stdout.match(/control\/barecr/g)?.length, 1, stdout);
  assert.match(stdout, /^FAULT .*users\/cdb: .*qmail-newu/m);
  assert.match(stdout, /^FAULT .*\.qmail-root: mode 0666: .*chmod o-w/m);
  assert.match(stdout, /^FAULT .*bin: 1 links lead nowhere, forward for one; run: rm -r /m);
  rmSync(join(home, 'queue/data.mdb'));
  assert.match((await tqmail(t, home, 'check')).stdout, /^FAULT .*data\.mdb: missing/m);
});

test('a running server is looked at from outside; its queue is not', async (t) => {
  const home = await makeHome(t);
  writeFileSync(join(home, 'control/listeners'), 'smtp 127.0.0.1:0\nqmtp 127.0.0.1:0\nqmqp 127.0.0.1:0\npop3 127.0.0.1:0\n');
  const server = startServer(t, home, { node: 'real' });
  await server.ready();
  const { stdout } = await tqmail(t, home, 'check');
  for (const protocol of ['qmtp', 'qmqp'])
    assert.match(stdout, new RegExp(`^ok {4}${protocol} 127\\.0\\.0\\.1:\\d+: takes connections$`, 'm'));
  assert.match(stdout, /^ok {4}pop3 127\.0\.0\.1:\d+: greets: \+OK/m);
  assert.match(stdout, /^ok {4}server: runs, pid \d+$/m);
  assert.match(stdout, /^ok {4}smtp 127\.0\.0\.1:\d+: greets: 220 mail\.example\.org ESMTP$/m);
  for (const args of [['check', '--queue'], ['compact'], ['rescue', join(home, '../saved')]]) {
    const { code, stderr } = await tqmail(t, home, ...args);
    assert.equal(code, 111, args.join(' '));
    assert.match(stderr, /is locked.*tqmail stop/);
  }
});

test('rescue: all but the damaged message, in the form that qmail-queue takes', async (t) => {
  const home = await makeHome(t);
  const ids = await fill(home, 20);
  const bad = 7;
  damage(home, `body of message ${bad} `);
  const checked = await tqmail(t, home, 'check', '--queue');
  assert.equal(checked.code, 1);
  assert.match(checked.stdout, new RegExp(`^FAULT queue: message ${ids[bad]}: body fails its checksum \\(damaged\\)$`, 'm'));

  const into = join(home, '../saved');
  const { code, stdout } = await tqmail(t, home, 'rescue', into);
  assert.equal(code, 1, 'something is lost');
  assert.match(stdout, /^19 of 20 messages saved in /m);
  const sound = ids.filter((_, n) => n !== bad);
  assert.deepEqual(readdirSync(into).sort(), sound.flatMap((id) => [`${id}.bounce`, `${id}.envelope`, `${id}.mess`]).sort());
  for (const [n, id] of ids.entries()) {
    if (n === bad) continue;
    assert.equal(readFileSync(join(into, `${id}.mess`), 'latin1'), textOf(n));
    // The first recipient is done.
    assert.equal(readFileSync(join(into, `${id}.envelope`), 'latin1'), `Fs${n}@a.example\0Tsecond-${n}@b.example\0\0`);
    assert.equal(readFileSync(join(into, `${id}.bounce`), 'latin1'), `paragraph ${n}\n`);
  }
  const again = await tqmail(t, home, 'rescue', into);
  assert.equal(again.code, 111);
  assert.match(again.stderr, /does not exist yet/);
});

test('compact: a smaller file with every message, which a server opens', async (t) => {
  const home = await makeHome(t);
  const ids = await fill(home, 120);
  const dir = join(home, 'queue');
  const store = await openLmdbQueue({ dir });
  for (const id of ids.slice(0, 110)) await store.finish(id);
  await store.close();
  const before = statSync(join(dir, 'data.mdb')).size;
  const { code, stdout, stderr } = await tqmail(t, home, 'compact');
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^10 messages; data file ${before} octets before, \\d+ after$`, 'm'));
  const after = statSync(join(dir, 'data.mdb')).size;
  assert.ok(after < before / 2, `${before} to ${after}`);
  assert.ok(!existsSync(join(dir, 'compact')));
  const opened = await openLmdbQueue({ dir });
  assert.deepEqual(
    opened.todo(0, 100).map(({ id }) => id),
    ids.slice(110),
  );
  assert.equal(await opened.accept(message({})), (ids.at(-1) ?? 0) + 1, 'no number is given twice');
  await opened.close();
  assert.match((await tqmail(t, home, 'check', '--queue')).stdout, /^ok {4}queue: 11 messages, 0 faults$/m);
});

test('compact refuses a damaged queue and leaves it as it is', async (t) => {
  const home = await makeHome(t);
  await fill(home, 5);
  damage(home, 'body of message 2 ');
  const path = join(home, 'queue/data.mdb');
  const before = readFileSync(path);
  const { code, stderr } = await tqmail(t, home, 'compact');
  assert.equal(code, 111);
  assert.match(stderr, /body fails its checksum; compact only a sound queue: save its messages with "tqmail rescue"/);
  assert.ok(before.equals(readFileSync(path)));
});

test('wrong usage gets the usage and 64', async (t) => {
  const home = await makeHome(t);
  for (const args of [['check', 'x'], ['check', '--all'], ['rescue'], ['rescue', 'a', 'b'], ['compact', '--now']]) {
    const { code, stderr } = await tqmail(t, home, ...args);
    assert.equal(code, 64, args.join(' '));
    assert.match(stderr, /usage: tqmail /);
  }
});
