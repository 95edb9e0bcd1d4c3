/**
 * What a start refuses, and in which words: folder, marker and data file.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { open } from 'lmdb';
import { checkQueue } from '../../src/store/check-queue.js';
import { factRecord } from '../../src/store/lmdb/facts.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { QueueUnusable } from '../../src/store/queue-unusable.js';
import { folder, message } from './fixture.js';

type Why = QueueUnusable['why'];

/** A stopped queue with 200 messages of two pages each. */
async function filled(t: TestContext): Promise<string> {
  const dir = folder(t);
  const store = await openLmdbQueue({ dir, create: true });
  await Promise.all(Array.from({ length: 200 }, (_, n) => store.accept(message({ qp: n }, 6000))));
  await store.close();
  return dir;
}

async function refused(dir: string, why: Why, text: RegExp): Promise<void> {
  await assert.rejects(openLmdbQueue({ dir }), (error) => {
    assert.ok(error instanceof QueueUnusable, String(error));
    assert.equal(error.why, why);
    assert.match(error.message, text);
    assert.ok(error.message.includes(dir) && !error.message.includes('\n'), error.message);
    return true;
  });
}

test('a folder that is missing, a file, or holds no queue', async (t) => {
  const dir = folder(t);
  await refused(join(dir, 'no'), 'missing', /does not exist: create it/);
  await refused(dir, 'missing', /^no queue in/);
  writeFileSync(join(dir, 'file'), '', { mode: 0o700 });
  await refused(join(dir, 'file'), 'missing', /is not a folder/);
});

test('mode 0700 is demanded and made', async (t) => {
  const dir = join(folder(t), 'queue');
  await (await openLmdbQueue({ dir, create: true })).close();
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  for (const name of ['data.mdb', 'lock.mdb', 'marker', 'ballast'])
    assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
  chmodSync(dir, 0o777);
  await refused(dir, 'denied', /has mode 0777, it must be 0700/);
  chmodSync(dir, 0o500);
  await refused(dir, 'denied', /has mode 0500/);
  chmodSync(dir, 0o700);
});

test('a creation that was cut off is completed', async (t) => {
  const dir = await filled(t);
  const marker = readFileSync(join(dir, 'marker'), 'latin1');
  for (const name of ['data.mdb', 'lock.mdb', 'marker']) rmSync(join(dir, name));
  const store = await openLmdbQueue({ dir, create: true });
  await store.accept(message());
  await store.close();
  assert.notEqual(readFileSync(join(dir, 'marker'), 'latin1'), marker);
});

const mutations: Readonly<
  Record<string, { readonly change: (data: string, dir: string) => void; readonly why: Why; readonly text: RegExp }>
> = {
  'data file emptied': {
    change: (data) => truncateSync(data, 0),
    why: 'damaged',
    text: /data\.mdb is empty, the queue had at least \d{6,}/,
  },
  'data file cut in half': {
    change: (data) => truncateSync(data, statSync(data).size / 2),
    why: 'damaged',
    text: /has only \d+ octets/,
  },
  'data file cut by a page': {
    change: (data) => truncateSync(data, statSync(data).size - 4096),
    why: 'damaged',
    text: /has only \d+ octets/,
  },
  'data file removed': { change: (data) => rmSync(data), why: 'damaged', text: /data\.mdb is missing/ },
  'first meta page zeroed': {
    change: (data) => overwrite(data, 0, Buffer.alloc(4096)),
    why: 'damaged',
    text: /meta page 0 is damaged/,
  },
  'second meta page zeroed': {
    change: (data) => overwrite(data, 4096, Buffer.alloc(4096)),
    why: 'damaged',
    text: /meta page 1 is damaged/,
  },
  'all of it noise': {
    change: (data) => overwrite(data, 0, Buffer.alloc(statSync(data).size, 'noise')),
    why: 'damaged',
    text: /meta page 0 is damaged/,
  },
  'marker removed': { change: (_, dir) => rmSync(join(dir, 'marker')), why: 'damaged', text: /marker is missing/ },
  'marker damaged': {
    change: (_, dir) => overwrite(join(dir, 'marker'), 20, Buffer.from('x')),
    why: 'damaged',
    text: /marker is damaged/,
  },
  'marker emptied': { change: (_, dir) => truncateSync(join(dir, 'marker'), 0), why: 'damaged', text: /marker is damaged/ },
};

function overwrite(path: string, at: number, bytes: Buffer): void {
  const content = readFileSync(path);
  bytes.copy(content, at);
  writeFileSync(path, content);
}

for (const [title, { change, why, text }] of Object.entries(mutations)) {
  test(`refused at start and found by the check: ${title}`, async (t) => {
    const dir = await filled(t);
    change(join(dir, 'data.mdb'), dir);
    await refused(dir, why, text);
    const { findings } = await checkQueue(dir);
    assert.equal(findings[0]?.kind, 'unusable');
    assert.match(findings[0].text, text);
    // A refusal changes nothing: no new empty queue stands there now.
    await refused(dir, why, text);
  });
}

test("another queue's data file is refused", async (t) => {
  const [dir, other] = [await filled(t), await filled(t)];
  copyFileSync(join(other, 'data.mdb'), join(dir, 'data.mdb'));
  await refused(dir, 'damaged', /belong to different queues/);
});

test('another format version is refused, in the data and in the marker', async (t) => {
  const dir = await filled(t);
  const copy = join(folder(t), 'queue');
  cpSync(dir, copy, { recursive: true });
  const root = open({ path: dir, overlappingSync: false, encoding: 'binary', maxDbs: 16 });
  await root.openDB({ name: 'meta', encoding: 'binary' }).put('format', factRecord('2'));
  await root.close();
  await refused(dir, 'format', /queue format 2, this version of tqmail reads format 1 only/);
  const marker = join(copy, 'marker');
  const text = readFileSync(marker, 'latin1').replace('queue 1', 'queue 9').slice(0, -9);
  writeFileSync(marker, `${text}${crc32(text).toString(16).padStart(8, '0')}\n`);
  await refused(copy, 'format', /queue format 9/);
});

test('the check of a sound queue, and of none', async (t) => {
  const dir = await filled(t);
  assert.deepEqual(await checkQueue(dir), { messages: 200, rescued: 0, findings: [] });
  const none = join(dir, 'none');
  mkdirSync(none, { mode: 0o700 });
  assert.deepEqual(await checkQueue(none), {
    messages: 0,
    rescued: 0,
    findings: [{ kind: 'unusable', text: `no queue in ${none}` }],
  });
  assert.ok(!existsSync(join(none, 'data.mdb')));
});
