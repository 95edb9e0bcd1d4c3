/**
 * Listings of a queue of several pages, one message with more recipients than an answer takes: a running server and the
 * store itself say the same, and a reader that goes away is no failure.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { launcher, makeHome, run, startServer } from './command.js';

const messages = 450;
const many = 3_200;

/** A home without deliveries whose queue holds `messages` messages, the third with `many` recipients. */
async function filledHome(t: TestContext): Promise<string> {
  const home = await makeHome(t);
  writeFileSync(join(home, 'control', 'concurrencyremote'), '0\n');
  const store = await openLmdbQueue({ dir: join(home, 'queue') });
  const bytes = Buffer.from('Subject: x\n\nhello\n');
  const accepted = Array.from({ length: messages }, (_, n) =>
    store.accept({
      origin: 'inject',
      uid: 1000,
      qp: n,
      birth: 1_700_000_000,
      sender: `s${n}@example.org`,
      recipients: Array.from({ length: n === 2 ? many : 1 }, (_, r) => `r${n}-${r}@example.net`),
      body: { form: 'unix', bytes },
      unixSize: bytes.length,
    }),
  );
  await Promise.all(accepted);
  await store.close();
  return home;
}

interface Listings {
  readonly stat: string;
  readonly read: string;
  readonly queue: string;
  readonly exported: string;
}

async function listings(t: TestContext, home: string): Promise<Listings> {
  const env = { QMAILHOME: home };
  const said = async (name: string, ...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(t, name, words, { env }).finished;
    assert.deepEqual([code, stderr], [0, ''], name);
    return stdout;
  };
  return {
    stat: await said('qmail-qstat'),
    read: await said('qmail-qread'),
    queue: await said('tqmail', 'queue'),
    exported: await said('tqmail', 'queue', '--export', 'qmail'),
  };
}

/** Until the server has looked at every message. */
async function lookedAt(t: TestContext, home: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const { stdout } = await run(t, 'qmail-qstat', [], { env: { QMAILHOME: home } }).finished;
    if (/not yet preprocessed: 0$/m.test(stdout)) return;
    assert.ok(Date.now() < deadline, stdout);
  }
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

test('a queue of several pages is listed whole, by a server and by the store itself', async (t) => {
  const home = await filledHome(t);
  const alone = await listings(t, home);
  assert.equal(alone.stat, `messages in queue: ${messages}\nmessages in queue but not yet preprocessed: ${messages}\n`);
  assert.equal(alone.read, '', 'nothing is preprocessed yet');
  assert.equal(count(alone.queue, /^\S.* GMT {2}#\d+ {2}18 {2}<s\d+@example\.org> $/gm), messages);
  assert.match(alone.queue, /^\t\.\.\. and 3100 more$/m);
  const server = startServer(t, home, { node: 'real' });
  await server.ready();
  await lookedAt(t, home);
  const served = await listings(t, home);
  assert.equal(served.stat, `messages in queue: ${messages}\nmessages in queue but not yet preprocessed: 0\n`);
  assert.equal(count(served.read, / GMT {2}#/g), messages);
  assert.equal(count(served.read, /^\tremote\tr\d+-\d+@example\.net$/gm), messages - 1 + many);
  assert.equal(count(served.queue, / GMT {2}#/g), messages);
  assert.equal(count(served.exported, /\n/g), messages);
  const head = `QMAILHOME='${home}' '${launcher('qmail-qread')}' | head -n 1; exit "\${PIPESTATUS[0]}"`;
  const broken = spawnSync('bash', ['-c', head], { encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([broken.status, broken.stderr], [0, '']);
  const full = spawnSync('sh', ['-c', `QMAILHOME='${home}' '${launcher('qmail-qread')}' > /dev/full`], { encoding: 'utf8' });
  assert.deepEqual(
    [full.status, full.stderr],
    [111, 'qmail-qread: fatal: standard output cannot be written: no space left on device\n'],
  );
  assert.equal((await run(t, 'tqmail', ['stop', '--home', home]).finished).code, 0);
  await server.finished;
  const again = await run(t, 'qmail-qread', [], { env: { QMAILHOME: home } }).finished;
  assert.deepEqual(again, { code: 0, stdout: served.read, stderr: '' });
});
